/**
 * Shows what is being done, how long it took and, on failure, why and where to read more. Messages for people
 * go to stderr; stdout holds only what was asked for (calls, tables, JSON).
 */
import pc from "picocolors";

export interface StepTime {
  readonly title: string;
  readonly seconds: number;
}

export class Steps {
  readonly times: StepTime[] = [];
  readonly #colours = pc.createColors(process.stderr.isTTY === true && !process.env.NO_COLOR);
  readonly #live = process.stderr.isTTY === true;

  /** Runs one step; `progress` shows a word on how far it is. */
  async run<T>(title: string, work: (progress: (word: string) => void) => Promise<T>): Promise<T> {
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    let word = "";
    const draw = () =>
      process.stderr.write(`\r\x1b[K${this.#colours.cyan("…")} ${title} ${seconds().toFixed(0)} s ${word}`);
    const timer = this.#live ? setInterval(draw, 250) : undefined;
    if (!this.#live) process.stderr.write(`… ${title}\n`);
    try {
      const result = await work((next) => {
        word = next;
      });
      this.#close(timer, this.#colours.green("✓"), title, seconds());
      return result;
    } catch (error) {
      this.#close(timer, this.#colours.red("✗"), title, seconds());
      throw error;
    }
  }

  #close(timer: NodeJS.Timeout | undefined, mark: string, title: string, seconds: number): void {
    clearInterval(timer);
    this.times.push({ title, seconds });
    process.stderr.write(`${this.#live ? "\r\x1b[K" : ""}${mark} ${title} ${seconds.toFixed(1)} s\n`);
  }
}
