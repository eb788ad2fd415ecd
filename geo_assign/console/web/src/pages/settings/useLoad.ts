import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly problem: ApiProblem | null;
  readonly loading: boolean;
  readonly again: () => void;
  /** What is shown instead, until it is read again. */
  readonly set: (value: T) => void;
}

/** What `load` reads, again whenever `key` changes. The value of another key is never shown. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [found, setFound] = useState<{ key: string; value: T } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    let gone = false;
    setProblem(null);
    latest.current().then(
      (value) => {
        if (!gone) setFound({ key, value });
      },
      (error: unknown) => {
        if (!(error instanceof ApiProblem)) throw error;
        if (!gone) setProblem(error);
      },
    );
    return () => {
      gone = true;
    };
  }, [key, round]);
  const value = found?.key === key ? found.value : undefined;
  const again = useCallback(() => setRound((before) => before + 1), []);
  const set = useCallback((next: T) => setFound({ key, value: next }), [key]);
  return { value, problem, loading: value === undefined && problem === null, again, set };
}
