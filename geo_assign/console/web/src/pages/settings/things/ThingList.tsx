import { useState } from "preact/hooks";
import { hrefOf } from "../../../frame/router";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { matching } from "./matching";
import { listThings, type Resource, type Thing, type ThingPage } from "./resource";

const PAGE = "settings";

/** The things of one section by name, with a box that finds and a link that makes another. */
export function ThingList({ resource }: { resource: Resource }) {
  const { client } = useSettings();
  const settings = useSettings();
  const { list, sections } = texts.value;
  const [query, setQuery] = useState("");
  const [inactive, setInactive] = useState(false);
  const tried = useTried();
  const loaded = useLoad(resource.section, async () => {
    const found = await listThings(resource, client.api);
    settings.count(resource.section, found.items.filter((thing) => thing.active).length);
    return found;
  });
  if (!loaded.value) return <Trouble loaded={loaded} of={sections[resource.section]} />;
  const { items, next } = loaded.value;
  const found = matching(items, query);
  const shown = found.filter((thing) => inactive || thing.active);
  const hidden = found.length - found.filter((thing) => thing.active).length;
  const more = () =>
    tried.run(async () => {
      const page: ThingPage = await listThings(resource, client.api, next);
      loaded.set({ items: [...items, ...page.items], next: page.next });
    });
  return (
    <section class="things" aria-labelledby="things-title">
      <header class="hd bar">
        <h1 id="things-title">{sections[resource.section]}</h1>
        <label class="find">
          <Icon name="search" />
          <input
            type="search"
            aria-label={list.find}
            placeholder={list.find}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </label>
        <a class="btn pri" href={hrefOf(PAGE, { section: resource.section, id: "new" })}>
          <Icon name="plus" />
          {list.create}
        </a>
      </header>
      <ul class="lines">
        {shown.map((thing) => (
          <Line key={thing.id} thing={thing} section={resource.section} />
        ))}
        {shown.length === 0 && <li class="empty">{query ? list.noneFound(query) : list.none[resource.section]}</li>}
      </ul>
      <footer class="foot">
        {hidden > 0 && (
          <label class="tick">
            <input type="checkbox" checked={inactive} onChange={() => setInactive(!inactive)} />{" "}
            {list.showInactive(hidden)}
          </label>
        )}
        {next !== null && (
          <button type="button" class="btn" disabled={tried.busy} onClick={() => void more()}>
            {list.more}
          </button>
        )}
        <Refusal problem={tried.problem} />
      </footer>
    </section>
  );
}

function Line({ thing, section }: { thing: Thing; section: string }) {
  const { inactive } = texts.value.list;
  return (
    <li>
      <a href={hrefOf(PAGE, { section, id: thing.id })}>
        <b>{thing.name}</b>
        <span class="mut">{thing.detail}</span>
        {!thing.active && <span class="chip">{inactive}</span>}
        <Icon name="right" />
      </a>
    </li>
  );
}
