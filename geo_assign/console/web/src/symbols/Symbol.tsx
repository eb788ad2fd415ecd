import type { Shape } from "./drawings";

/** A symbol of the set in a list or button; decoration, the words beside it say the same. */
export function Symbol({ shapes, class: name = "" }: { shapes: Shape[]; class?: string }) {
  return (
    <svg class={`sym ${name}`} viewBox="-12 -12 24 24" aria-hidden="true">
      {shapes.map(({ d, fill, stroke, width, dash }, index) => (
        <path
          key={index}
          d={d}
          fill={fill ? `var(--${fill})` : "none"}
          stroke={stroke ? `var(--${stroke})` : "none"}
          stroke-width={width}
          stroke-dasharray={dash?.join(" ")}
        />
      ))}
    </svg>
  );
}
