import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { ScrollRegion } from "../ScrollRegion";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered, pageQuery } from "../things/resource";
import { useLoad } from "../useLoad";
import { when } from "../words";

/** An entry of an older version of the service may have a code without words: the code itself, then. */
const inWords = (words: Readonly<Record<string, string>>, code: string) => words[code] ?? code;

/** Who did what to whom, newest first. */
export function AuditLog() {
  const { client } = useSettings();
  const { privacy: said, audit: words } = texts.value;
  const load = (cursor: string | null) =>
    answered(client.api.GET("/v1/audit", { params: { query: pageQuery(cursor, 25) } }));
  const names = useLoad("audit/users", async () => {
    const { items } = await answered(client.api.GET("/v1/users", { params: { query: { limit: 200 } } }));
    return new Map(items.map((user) => [user.id, user.name]));
  });
  const loaded = useLoad("audit", () => load(null));
  const more = async (cursor: string) => {
    const page = await load(cursor);
    loaded.set({ items: [...(loaded.value?.items ?? []), ...page.items], next_cursor: page.next_cursor });
  };
  if (!loaded.value) return <Trouble loaded={loaded} />;
  const { items, next_cursor } = loaded.value;
  return (
    <Card title={said.audit} what={said.auditWhat}>
      {items.length === 0 ? (
        <p class="mut">{said.noAudit}</p>
      ) : (
        <ScrollRegion label={said.auditWhat}>
          <table class="log">
            <thead>
              <tr>
                <th scope="col">{said.when}</th>
                <th scope="col">{said.who}</th>
                <th scope="col">{said.did}</th>
                <th scope="col">{said.subject}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((entry) => (
                <tr key={entry.id}>
                  <td class="at">{when(entry.at)}</td>
                  <td>{names.value?.get(entry.actor_id ?? "") ?? words.actors[entry.actor_kind]}</td>
                  <td>
                    {inWords(words.actions, entry.action)} <code class="mut">{entry.action}</code>
                  </td>
                  <td>
                    {inWords(words.subjects, entry.subject_kind)}{" "}
                    <small class="mut">{entry.subject_id?.slice(-6)}</small>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
      {next_cursor && (
        <button type="button" class="btn" onClick={() => void more(next_cursor)}>
          {texts.value.list.more}
        </button>
      )}
    </Card>
  );
}
