// Exact time: frames are whole, rates are fractions such as "24000/1001". Seconds only to be shown.

export function fraction(text) {
  const [over, under = "1"] = String(text).split("/");
  return [BigInt(over), BigInt(under)];
}

export function asNumber(rate) {
  const [over, under] = fraction(rate);
  return Number(over) / Number(under);
}

export function seconds(frames, rate) {
  const [over, under] = fraction(rate);
  return (frames * Number(under)) / Number(over);
}

/** The nearest whole number of frames, at least one. */
export function framesOf(given, rate) {
  return Math.max(1, Math.round(given * asNumber(rate)));
}

/** Every panel's frames at another rate: each edge is rounded from its exact time. */
export function retimed(panels, from, to) {
  const [a, b] = fraction(from);
  const [c, d] = fraction(to);
  const edge = (frames) => (2n * frames * b * c + a * d) / (2n * a * d); // rounded, halves up
  let at = 0n;
  let done = 0n;
  const frames = {};
  for (const panel of panels) {
    at += BigInt(panel.frames);
    const end = edge(at) > done ? edge(at) : done + 1n;
    frames[panel.id] = Number(end - done);
    done = end;
  }
  return frames;
}

export function rateName(rate) {
  const value = asNumber(rate);
  return Number.isInteger(value) ? String(value) : value.toFixed(3).replace(/0+$/, "");
}

/** "0:38", or "1:02:03". */
export function clock(given) {
  const whole = Math.round(given);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The whole seconds before a frame, and how many frames it is into the next: less than the rate. */
export function withinSecond(frame, rate) {
  const whole = Math.floor(frame / rate);
  return [whole, Math.max(0, frame - Math.ceil(whole * rate))];
}

/** Hours to frames, counted at the whole rate: "00:00:03:12". */
export function timecode(frames, rate) {
  const whole = Math.round(asNumber(rate));
  const all = Math.floor(frames / whole);
  const parts = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60, frames % whole];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

export function lengthOf(frames, rate) {
  return `${seconds(frames, rate).toFixed(1)} s`;
}
