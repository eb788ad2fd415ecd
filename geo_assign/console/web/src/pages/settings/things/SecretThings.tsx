import type { ComponentType } from "preact";
import { useState } from "preact/hooks";
import { go } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { Once } from "../Copy";
import { NewThing } from "./NewThing";
import type { Created, Resource } from "./resource";
import { ThingList } from "./ThingList";
import { type TabProps, ThingPage } from "./ThingPage";

interface SecretThingsProps {
  resource: Resource;
  id: string | null;
  parts: Readonly<Record<string, ComponentType<TabProps>>>;
}

/** Things that have a secret: it is shown above the one that was just made, until another is opened. */
export function SecretThings({ resource, id, parts }: SecretThingsProps) {
  const [made, setMade] = useState<Created | null>(null);
  const { keys, webhooks } = texts.value;
  const means = resource.section === "keys" ? keys.secretOnce : webhooks.secretOnce;
  const created = (one: Created) => {
    setMade(one);
    go("settings", { section: resource.section, id: one.id });
  };
  if (id === "new") return <NewThing resource={resource} onCreated={created} />;
  if (!id) return <ThingList resource={resource} />;
  return (
    <>
      {made?.id === id && made.secret && <Once text={made.secret} means={means} label={keys.copy} />}
      <ThingPage key={id} resource={resource} id={id} parts={parts} />
    </>
  );
}
