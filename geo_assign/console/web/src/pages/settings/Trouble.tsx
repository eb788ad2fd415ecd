import { hrefOf, queryValue } from "../../frame/router";
import { texts } from "../../texts/settings";
import type { Loaded } from "./useLoad";

/** A page, or a part of it, that is not for this user. */
export function NotAllowed({ says }: { says: string }) {
  return (
    <div class="empty" role="alert">
      <p>{says}</p>
      <a class="btn" href={hrefOf("")}>
        {texts.value.toMap}
      </a>
    </div>
  );
}

interface TroubleProps {
  loaded: Pick<Loaded<unknown>, "problem" | "again">;
  /** The heading of a page that is missing as a whole. */
  of?: string;
}

/** What stands in the place of what is not read yet, could not be read, or does not exist. */
export function Trouble({ loaded, of }: TroubleProps) {
  const { list } = texts.value;
  const { problem } = loaded;
  const heading = of && <h1>{of}</h1>;
  if (!problem)
    return (
      <div class="empty">
        {heading}
        <p role="status">{list.loading}</p>
      </div>
    );
  if (problem.status === 404) {
    return (
      <div class="empty">
        {heading}
        <p role="alert">{list.gone}</p>
        <a class="btn" href={hrefOf("settings", { section: queryValue("section") })}>
          {list.back}
        </a>
      </div>
    );
  }
  return (
    <div class="empty">
      {heading}
      <p role="alert">
        {list.failed} {problem.message}
      </p>
      <button type="button" class="btn" onClick={loaded.again}>
        {list.again}
      </button>
    </div>
  );
}
