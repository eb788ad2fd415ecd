import "./small-map.css";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../frame/context";
import type { SmallLine, SmallMap, SmallMark } from "../map/SmallMap";

interface Props {
  label: string;
  marks: readonly SmallMark[];
  lines: readonly SmallLine[];
}

/** A small map that is only looked at. Where no map can be drawn there is none, and the words stay. */
export function SmallMapPane({ label, marks, lines }: Props) {
  const { client, view } = usePage();
  const container = useRef<HTMLDivElement>(null);
  const map = useRef<SmallMap | null>(null);
  const drawn = useRef({ marks, lines });
  drawn.current = { marks, lines };
  const dark = view.dark.value;
  useEffect(() => {
    const element = container.current;
    if (!element) return undefined;
    let gone = false;
    Promise.all([import("../map/SmallMap"), client.config()])
      .then(([{ SmallMap: View }, config]) => {
        if (gone) return;
        map.current = new View(element, config, dark);
        map.current.draw(drawn.current.marks, drawn.current.lines);
      })
      .catch(() => {
        if (element.parentElement) element.parentElement.hidden = true;
      });
    return () => {
      gone = true;
      map.current?.destroy();
      map.current = null;
    };
  }, [dark]);
  const shown = JSON.stringify([marks, lines]);
  useEffect(() => map.current?.draw(marks, lines), [shown]);
  // Looked at, not worked with: nothing in it takes the focus.
  return (
    <div class="small-map" role="img" aria-label={label}>
      <div ref={container} inert />
    </div>
  );
}
