import { queryValue, setQuery } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered, pageQuery } from "../things/resource";
import { useLoad } from "../useLoad";
import { when } from "../words";
import { TechnicianSelect } from "./TechnicianSelect";

/** Who looked at where a technician was, as the technician can read it. */
export function LocationViews({ people }: { people: readonly { id: string; name: string }[] }) {
  const said = texts.value.privacy;
  const id = queryValue("of") ?? "";
  return (
    <Card title={said.views} what={said.viewsWhat}>
      <p class="acts">
        <TechnicianSelect people={people} value={id} onChange={(of) => setQuery({ of })} />
      </p>
      {id && <Looks id={id} />}
    </Card>
  );
}

function Looks({ id }: { id: string }) {
  const { client } = useSettings();
  const said = texts.value.privacy;
  const load = (cursor: string | null) =>
    answered(
      client.api.GET("/v1/technicians/{id}/location-views", { params: { path: { id }, query: pageQuery(cursor, 50) } }),
    );
  const loaded = useLoad(`views/${id}`, () => load(null));
  const more = async (cursor: string) => {
    const page = await load(cursor);
    loaded.set({ items: [...(loaded.value?.items ?? []), ...page.items], next_cursor: page.next_cursor });
  };
  if (!loaded.value) return <Trouble loaded={loaded} />;
  const { items, next_cursor } = loaded.value;
  return (
    <>
      <ul class="facts">
        {items.map((view) => (
          <li key={`${view.first_at}${view.viewer.id}${view.how}`}>
            <b>{view.viewer.name}</b>
            <span>{view.how}</span>
            <span class="mut">{when(view.last_at)}</span>
            <span class="mut">{said.looks(view.count)}</span>
          </li>
        ))}
        {items.length === 0 && <li class="mut">{said.noViews}</li>}
      </ul>
      {next_cursor && (
        <button type="button" class="btn" onClick={() => void more(next_cursor)}>
          {texts.value.list.more}
        </button>
      )}
    </>
  );
}
