/** Values in NGINX's configuration: each is of a form that it reads in one way, or an error. */

/** In double quotes, where only these would be read otherwise. A `$` is ours alone: settings cannot hold one. */
export function quoted(text: string): string {
  if (/["\\\r\n]/.test(text)) throw new Error("a text that cannot be quoted");
  return `"${text}"`;
}

export function path(text: string): string {
  if (!/^\/[A-Za-z0-9._/-]+$/.test(text)) throw new Error(`a path that NGINX could misread: ${text}`);
  return text;
}

export function word(text: string): string {
  if (!/^[a-z_][a-z0-9_-]*$/.test(text)) throw new Error(`no user's name: ${text}`);
  return text;
}

export function address(text: string): string {
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return text;
  if (/^[0-9a-f:.]+$/i.test(text) && text.includes(":")) return `[${text}]`;
  throw new Error(`no address: ${text}`);
}

export const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
