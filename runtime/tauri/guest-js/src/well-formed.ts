// SPDX-License-Identifier: BSD-3-Clause

/**
 * Replaces halves of surrogate pairs in all texts of a value. They stand for no character, so JSON
 * in UTF-8 cannot carry them.
 */
export function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\uFFFD') as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [wellFormed(key), wellFormed(member)]),
    ) as T;
  return value;
}
