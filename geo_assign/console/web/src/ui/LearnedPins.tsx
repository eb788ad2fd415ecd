import "./learned-pins.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiProblem, ifMatch } from "../api/client";
import type { LearnedPin, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { type PinQuestion, pinQuestions } from "../model/learnedPins";
import { distance, firstName } from "../model/words";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";

const AFTER_MS = 400;

/** Better places that visits have found for an order's address, each with what may be done about it. */
export function LearnedPins({ order }: { order: WorkOrder }) {
  const { client, desk } = usePage();
  const pins = useSignal<readonly LearnedPin[]>([]);
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const read = async () => {
    const query = { work_order_id: order.id };
    pins.value = (await client.api.GET("/v1/learned-pins", { params: { query } })).data?.items ?? [];
  };
  useEffect(() => {
    pins.value = [];
    if (!order.address) return;
    // Not for an order that is only passed by.
    const waiting = setTimeout(() => void read().catch(() => undefined), AFTER_MS);
    return () => clearTimeout(waiting);
  }, [order.id, order.version]);

  const act = async (done: () => Promise<unknown>) => {
    busy.value = true;
    problem.value = null;
    try {
      await done();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.value = error.message;
    } finally {
      busy.value = false;
      await read().catch(() => undefined);
    }
  };
  const decide = (pin: LearnedPin, act: "confirm" | "reject" | "withdraw") =>
    client.api.POST(`/v1/learned-pins/{id}/${act}`, { params: { path: { id: pin.id }, header: ifMatch(pin) } });
  const move = async ({ lat, lon }: LearnedPin) => desk.take(await client.locate(order, { location: { lat, lon } }));

  const words = texts.value.panel.learned;
  const questions = pinQuestions(order, pins.value);
  if (questions.length === 0 && !problem.value) return null;
  return (
    <div class="learned-pins">
      {questions.map((question) => (
        <div key={question.pin.id} role="group" aria-label={words.title}>
          <p>
            <Icon name="pin" />
            {said(question)}
          </p>
          <div class="act">
            <button
              type="button"
              class="btn"
              disabled={busy.value}
              onClick={() =>
                void act(() => (question.asks === "move" ? move(question.pin) : decide(question.pin, "confirm")))
              }
            >
              {question.asks === "move" ? words.moveHere : words.confirm}
            </button>
            <button
              type="button"
              class="btn"
              disabled={busy.value}
              onClick={() => void act(() => decide(question.pin, question.asks === "move" ? "withdraw" : "reject"))}
            >
              {question.asks === "move" ? words.withdraw : words.reject}
            </button>
          </div>
        </div>
      ))}
      {problem.value && (
        <p class="field-problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}

function said({ pin, asks, metres, only }: PinQuestion): string {
  const words = texts.value.panel.learned;
  const far = metres === null ? null : distance(metres);
  if (asks === "move") return words.known(pin.visits, far);
  if (only?.kind === "hand") return words.byHand(far);
  if (only?.technician) return words.arrived(firstName(only.technician.name), far);
  return words.agree(pin.visits, far);
}
