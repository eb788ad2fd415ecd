import { useState } from "preact/hooks";
import { texts } from "../../texts/settings";

/** Puts a text on the clipboard; where the browser does not let it, the text can be marked by hand. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" class="btn" onClick={copy}>
      <span role="status">{copied ? texts.value.invitation.copied : label}</span>
    </button>
  );
}

/** A secret or link that is told once. */
export function Once({ text, means, label }: { text: string; means: string; label: string }) {
  return (
    <div class="once" role="status">
      <p>{means}</p>
      <code class="secret">{text}</code>
      <Copy text={text} label={label} />
    </div>
  );
}

/** A picture that the service drew. As an image nothing in it can run. */
export function Drawn({ svg, alt }: { svg: string; alt: string }) {
  const named = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return <img class="qr" alt={alt} src={`data:image/svg+xml,${encodeURIComponent(named)}`} />;
}
