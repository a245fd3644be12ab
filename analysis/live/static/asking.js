// Requests to the page's server, and the polling of where runs are.

export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

export async function ask(path, parameters = {}) {
  const kept = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  const query = new URLSearchParams(kept).toString();
  let response;
  try {
    response = await fetch(`/api/${path}${query ? `?${query}` : ""}`, { signal: AbortSignal.timeout(30000) });
  } catch {
    throw new Refusal("The page's server does not answer", 0);
  }
  const answer = await response.json().catch(() => ({ error: `The page's server failed (${response.status})` }));
  if (!response.ok) throw new Refusal(answer.error, response.status);
  return answer;
}

const OFTEN = 2000, SELDOM = 15000, LONGEST = 15000;

// Calls `tick` with each answer, `lost` with a sentence while there is none. Polls while the page is
// visible only, and never asks again before the last answer has come.
export class Polling {
  constructor(parameters, tick, lost) {
    Object.assign(this, { parameters, tick, lost, timer: null, busy: false, failures: 0, running: true });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.now()));
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  async now() {
    this.stop();
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const answer = await ask("pulse", this.parameters());
      this.failures = 0;
      this.running = answer.running.length > 0;
      await this.tick(answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 0 || error.status >= 500) {
        this.failures += 1;
        this.lost(error.message);
      } else {
        this.failures = 0;
        this.tick({ refused: error.message, running: [] });
      }
    } finally {
      this.busy = false;
      if (!document.hidden) this.timer = setTimeout(() => this.now(), this.again ? 0 : this.pause());
      this.again = false;
    }
  }

  pause() {
    if (!this.failures) return this.running ? OFTEN : SELDOM;
    return Math.min(LONGEST, 1000 * 2 ** (this.failures - 1)) * (0.8 + 0.4 * Math.random());
  }
}
