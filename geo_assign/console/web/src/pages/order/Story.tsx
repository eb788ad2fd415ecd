import { useSignal } from "@preact/signals";
import type { OrderDetail } from "../../api/types";
import { Icon } from "../../symbols/Icon";
import { Strong } from "../../ui/Strong";
import { Box } from "./Box";
import { useOrderState, useWhen, words } from "./context";
import { namesFrom, storyOf } from "./story";

const SHOWN = 8;

/** What happened, who did it, and when: newest first. */
export function Story({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const all = useSignal(false);
  const { story } = words();
  const names = namesFrom(state.events.value, state.ladder.value, state.destinations.value, order.group_stays);
  const lines = storyOf(state.events.value, names, words(), useWhen(order));
  const shown = all.value ? lines : lines.slice(0, SHOWN);
  return (
    <Box class="story" title={story.title} hint={story.newest}>
      <ol>
        {shown.map((line) => (
          <li key={line.id}>
            <span class="sign">
              <Icon name={line.icon} />
            </span>
            <span>
              <Strong text={line.text} />
            </span>
            <time dateTime={line.at}>{line.when}</time>
            {line.detail && <small>{line.detail}</small>}
          </li>
        ))}
      </ol>
      {lines.length > SHOWN && (
        <button
          type="button"
          class="lnk"
          aria-expanded={all.value}
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? story.fewer : story.all(lines.length)}
        </button>
      )}
      {lines.length === 0 && <p class="muted">{story.empty}</p>}
    </Box>
  );
}
