// What happens on the server, as it happens: resumed where it was cut off, begun anew after that.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

/**
 * Listens from a version on. `heard(kind, data)` for "operation", "job" and "hello";
 * `linked(bool)` as the connection comes and goes; `version()` says what is known.
 */
export function listen({ version, heard, linked }) {
  let source;
  let wait = FIRST_WAIT;
  const open = () => {
    source = new EventSource(`api/events?since=${version()}`);
    source.addEventListener("open", () => {
      wait = FIRST_WAIT;
      linked(true);
    });
    for (const kind of ["operation", "job", "hello"]) {
      source.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
    }
    // Made anew and not left to the browser: what is asked for is then what is known by now.
    source.addEventListener("error", () => {
      source.close();
      linked(false);
      setTimeout(open, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    });
  };
  open();
  addEventListener("pagehide", () => source.close());
}
