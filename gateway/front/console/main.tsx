/**
 * Where the pages begin: who looks, in which language, at which page. Everything that is shown comes from the gateway
 * that served this; nothing is asked of anybody else.
 * Read next: pages/page.tsx (the frame of every page), shell/context.ts (what a part may ask for), model/ (the rules).
 */
import './style/tokens.css'
import './style/base.css'
import './style/parts.css'
import './style/pages.css'
import './style/people.css'
import './style/drill.css'
import './style/upkeep.css'
import './style/money.css'
import { render } from 'preact'
import { unheard } from './model/live.ts'
import { credentialIn, routeOf } from './model/route.ts'
import type { Viewer } from './model/wire.ts'
import { Page } from './pages/page.tsx'
import { ask } from './shell/api.ts'
import { type Desk, DeskContext, type Theme, whoIs } from './shell/context.ts'
import { watchIdle } from './shell/idle.ts'
import { createStore } from './shell/store.ts'
import { watchBoard } from './shell/stream.ts'
import { chooseLang, createWords, type Lang, type Say, type Words } from './words/words.ts'

const asked = new URLSearchParams(location.search)
const firstLang = chooseLang(asked.get('lang'), localStorage.getItem('lang'), navigator.languages)
const keptTheme = localStorage.getItem('theme')
const live = createStore(unheard)
const viewer = createStore<Viewer | undefined>(undefined)
const words = createStore<Words>(createWords(firstLang, Intl.DateTimeFormat().resolvedOptions().timeZone))
const route = createStore(routeOf(location.pathname))
const theme = createStore<Theme>(keptTheme === 'light' || keptTheme === 'dark' ? keptTheme : 'auto')
let openBoard = () => {}
let inChinese: Say | undefined

const desk: Desk = {
  ...{ live, viewer, words, route, theme, notice: createStore<'idle' | undefined>(undefined) },
  left: createStore(0),
  go(path) {
    history.pushState(null, '', path)
    route.set(routeOf(location.pathname))
    scrollTo(0, 0)
  },
  speak(lang) {
    localStorage.setItem('lang', lang)
    show(lang)
  },
  async signIn(authorization) {
    const answer = await ask<Viewer>('POST', '/console/session', { authorization })
    if (answer.ok) {
      desk.notice.set(undefined)
      take(answer.body)
      openBoard()
      tellOtherTabs()
    }
    return answer
  },
  async signOut(why) {
    await ask('DELETE', '/console/session')
    desk.notice.set(why)
    desk.left.set(desk.left.get() + 1)
    await desk.refresh()
    openBoard()
    tellOtherTabs()
  },
  async refresh() {
    const answer = await ask<Viewer>('GET', '/console/session')
    if (answer.ok) take(answer.body)
  },
}

function take(next: Viewer): void {
  const zone = viewer.get()?.timezone
  viewer.set(next)
  if (zone !== next.timezone) show(words.get().lang)
}

/** They have one cookie, so that whoever signs in or out does it in all of them. */
function tellOtherTabs(): void {
  localStorage.setItem('who', String(Date.now()))
}

function heedOtherTabs(): void {
  addEventListener('storage', async ({ key }) => {
    if (key !== 'who') return
    const before = whoIs(viewer.get())
    await desk.refresh()
    if (whoIs(viewer.get()) === before) return
    desk.left.set(desk.left.get() + 1)
    openBoard()
  })
  // A page that comes back as it was left, or was hidden, may be somebody else's by now.
  addEventListener('pageshow', ({ persisted }) => persisted && void desk.refresh())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void desk.refresh())
}

function show(lang: Lang): void {
  const zone = viewer.get()?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  words.set(createWords(lang, zone, lang === 'zh' ? inChinese : undefined))
  document.documentElement.lang = words.get().tag
  if (lang === 'zh' && inChinese === undefined) void learnChinese()
}

/** The sentences of the gateway, which only those load who read Chinese. */
async function learnChinese(): Promise<void> {
  inChinese = (await import('./words/sentences/said.ts')).inChinese
  show(words.get().lang)
}

function paint(): void {
  const { dataset } = document.documentElement
  if (theme.get() === 'auto') delete dataset.theme
  else dataset.theme = theme.get()
}

/** Links of the gateway's own pages change the page without loading it again. */
function followLinks(): void {
  addEventListener('popstate', () => route.set(routeOf(location.pathname)))
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a')
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented
    if (!plain || link === null || link.origin !== location.origin || link.target !== '' || link.hash !== '') return
    if (link.hasAttribute('download') || routeOf(link.pathname).page === 'nowhere') return
    event.preventDefault()
    desk.go(link.pathname + link.search)
  })
}

/** A booking link signs in, and leaves no credential in the address. */
async function takeLink(): Promise<void> {
  const credential = credentialIn(location.hash)
  if (credential === undefined) return desk.refresh()
  history.replaceState(null, '', location.pathname + location.search)
  const answer = await desk.signIn(credential)
  if (!answer.ok) await desk.refresh()
}

show(firstLang)
paint()
theme.listen(() => {
  localStorage.setItem('theme', theme.get())
  paint()
})
followLinks()
heedOtherTabs()
addEventListener('hashchange', () => void takeLink())
render(
  <DeskContext.Provider value={desk}>
    <Page />
  </DeskContext.Provider>,
  document.body,
)
await takeLink()
openBoard = watchBoard(live)
watchIdle(desk)
