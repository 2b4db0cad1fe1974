/** The address of a page, both ways. Pure. */

export type Route =
  | { readonly page: 'floor' }
  | { readonly page: 'machine'; readonly id: string }
  | { readonly page: 'tenant'; readonly id: string }
  | { readonly page: 'books' }
  | { readonly page: 'bench' }
  | { readonly page: 'sign-in' }
  | { readonly page: 'nowhere' }

export function routeOf(path: string): Route {
  const [, first = '', second = '', ...more] = path.replace(/\/$/, '').split('/')
  if (more.length > 0) return { page: 'nowhere' }
  if (second !== '') {
    const id = /^[a-z0-9-]{1,32}$/.test(second) ? second : undefined
    if (id === undefined) return { page: 'nowhere' }
    if (first === 'machines') return { page: 'machine', id }
    return first === 'm' ? { page: 'tenant', id } : { page: 'nowhere' }
  }
  switch (first) {
    case '':
      return { page: 'floor' }
    case 'books':
    case 'bench':
    case 'sign-in':
      return { page: first }
    default:
      return { page: 'nowhere' }
  }
}

/** The floor as cards or as a plan, and as a wall screen shows it. */
export const floorPath = (plan: boolean, wall: boolean): string => {
  const shown = [...(wall ? ['wall'] : []), ...(plan ? ['plan'] : [])].join('&')
  return shown === '' ? '/' : `/?${shown}`
}
export const machinePath = (id: string): string => `/machines/${id}`
export const tenantPath = (id: string): string => `/m/${id}`

/**
 * A credential that a link brings stands behind the `#`, which browsers never send. A booking link brings `token`.
 */
export function credentialIn(fragment: string): string | undefined {
  const given = new URLSearchParams(fragment.replace(/^#/, ''))
  const text = given.get('token') ?? given.get('key')
  return text === null || !/^[A-Za-z0-9._~+/=-]{16,8192}$/.test(text) ? undefined : `Bearer ${text}`
}
