/** Row bodies as JSON: a BigInt is written as {"$int":"…"} and comes back as one. Entries do not use this. */

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? { $int: item.toString() } : item))
}

export function fromJson<T>(text: string): T {
  return JSON.parse(text, (_key, item) =>
    item !== null && typeof item === 'object' && typeof item.$int === 'string' ? BigInt(item.$int) : item,
  ) as T
}
