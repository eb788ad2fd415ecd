import { hrefOf, queryValue } from "../../frame/router";
import { texts } from "../../texts/settings";
import type { Loaded } from "./useLoad";

/** What stands in the place of what is not read yet, could not be read, or does not exist. */
export function Trouble({ loaded }: { loaded: Pick<Loaded<unknown>, "problem" | "again"> }) {
  const { list } = texts.value;
  const { problem } = loaded;
  if (!problem)
    return (
      <p class="empty" role="status">
        {list.loading}
      </p>
    );
  if (problem.status === 404) {
    return (
      <div class="empty" role="alert">
        <p>{list.gone}</p>
        <a class="btn" href={hrefOf("settings", { section: queryValue("section") })}>
          {list.back}
        </a>
      </div>
    );
  }
  return (
    <div class="empty" role="alert">
      <p>
        {list.failed} {problem.message}
      </p>
      <button type="button" class="btn" onClick={loaded.again}>
        {list.again}
      </button>
    </div>
  );
}
