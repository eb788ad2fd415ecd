import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { Menu } from "../ui/Menu";
import { usePage } from "./context";
import { chooseStores } from "./selection";

/** Which stores are shown: one, several or all. With a single store it is that store's name. */
export function StoreScope() {
  const { desk } = usePage();
  const { stores } = desk.me;
  const [only] = stores;
  if (stores.length < 2) return only ? <span class="store">{only.name}</span> : null;
  const words = texts.value.frame;
  const scope = desk.scope.value;
  const chosen = stores.filter(({ id }) => scope.has(id));
  const name =
    chosen.length === 0 ? words.allStores : chosen.length === 1 ? chosen[0]?.name : words.stores(chosen.length);
  const toggle = (id: string) => {
    const ids = new Set(scope);
    if (!ids.delete(id)) ids.add(id);
    chooseStores([...ids]);
  };
  const face = (
    <>
      <span class="sr">{words.storeScope}: </span>
      <span class="store">{name}</span>
      <Icon name="down" />
    </>
  );
  return (
    <Menu class="scope" summary={face}>
      <label class="check">
        <input type="checkbox" checked={scope.size === 0} onChange={() => chooseStores([])} />
        {words.allStores}
      </label>
      {stores.map(({ id, name }) => (
        <label class="check" key={id}>
          <input type="checkbox" checked={scope.has(id)} onChange={() => toggle(id)} />
          {name}
        </label>
      ))}
    </Menu>
  );
}
