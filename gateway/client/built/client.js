/**
 * The API of a gateway for programs: each path, body and answer is typed as the description of the API has it. What is
 * added to `fetch`: the credential, a deadline, a key for each command, and another try when nobody answers or the
 * gateway says when to come again. Under its key a command that was sent twice is done once. It decides nothing: a
 * refusal comes back as `error`, a problem document.
 * Read next: inbox.ts (events, once and in order), generate/generate.ts (where the types come from).
 */
import createTyped, {} from 'openapi-fetch';
export { createInbox } from './inbox.js';
const TIMEOUT_MS = 10_000;
const TRIES = 4;
const FIRST_WAIT_MS = 250;
/** An answer that says to come later than this is passed on. */
const LONGEST_WAIT_MS = 5_000;
export function createClient(options) {
    const client = createTyped({ baseUrl: options.url, fetch: (request) => persist(request, options) });
    client.use({
        onRequest({ request }) {
            const isCommand = request.method !== 'GET' && request.method !== 'HEAD';
            if (isCommand && !request.headers.has('idempotency-key'))
                request.headers.set('idempotency-key', crypto.randomUUID());
        },
    });
    return client;
}
async function persist(request, options) {
    const { tries = TRIES } = options;
    for (let made = 1;; made += 1) {
        const outcome = await attempt(request.clone(), options).then((response) => ({ response, waitMs: waitAsked(response) }), (error) => ({ error, waitMs: Math.min(FIRST_WAIT_MS * 2 ** (made - 1), LONGEST_WAIT_MS) }));
        const { waitMs } = outcome;
        if (waitMs === undefined || waitMs > LONGEST_WAIT_MS || made >= tries || request.signal.aborted) {
            if ('error' in outcome)
                throw outcome.error;
            return outcome.response;
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs * (1 + Math.random() / 2)));
    }
}
async function attempt(request, { token, timeoutMs = TIMEOUT_MS, ...given }) {
    request.headers.set('authorization', `Bearer ${await token()}`);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')), timeoutMs);
    const signal = AbortSignal.any([request.signal, late.signal]);
    try {
        const response = await (given.fetch ?? fetch)(new Request(request, { signal }));
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
        if (response.body === null || isStream)
            return response;
        const { status, statusText, headers } = response;
        return new Response(await response.arrayBuffer(), { status, statusText, headers });
    }
    finally {
        clearTimeout(timer);
    }
}
/** When the gateway says to come again, ms; undefined: this is its answer. */
function waitAsked({ status, headers }) {
    const seconds = headers.get('retry-after');
    return (status === 429 || status === 503) && seconds !== null ? Number(seconds) * 1_000 : undefined;
}
