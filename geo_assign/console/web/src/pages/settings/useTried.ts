import { useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";

export interface Tried {
  readonly busy: boolean;
  readonly problem: ApiProblem | null;
  /** Run something that may be refused. True when it was done. */
  readonly run: (act: () => Promise<unknown>) => Promise<boolean>;
}

/** One act at a time, with what the service said to it. */
export function useTried(): Tried {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const run = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
