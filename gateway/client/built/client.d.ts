/**
 * The API of a gateway for programs: each path, body and answer is typed as the description of the API has it. What is
 * added to `fetch`: the credential, a deadline, a key for each command, and another try when nobody answers or the
 * gateway says when to come again. Under its key a command that was sent twice is done once. It decides nothing: a
 * refusal comes back as `error`, a problem document.
 * Read next: inbox.ts (events, once and in order), generate/generate.ts (where the types come from).
 */
import { type Client } from 'openapi-fetch';
import type { components, paths } from './api.js';
export { type Chained, createInbox } from './inbox.js';
/** What the gateway says, by the name it has in its description. */
export type Schemas = components['schemas'];
/** A method for each verb: `client.GET('/v1/machines')`. */
export type GatewayClient = Client<paths>;
type GatewayClientOptions = {
    /** Where the gateway is, such as `https://gateway.example:8443`. */
    readonly url: string;
    /** The credential. Asked before each try, so that one that ends can be renewed. */
    token(): string | Promise<string>;
    /** One try, the whole answer included, ms; default 10,000. A stream of events has it for its begin alone. */
    readonly timeoutMs?: number;
    /** Tries of one request, default 4. After the last one the call rejects with what went wrong. */
    readonly tries?: number;
    readonly fetch?: (request: Request) => Promise<Response>;
};
export declare function createClient(options: GatewayClientOptions): GatewayClient;
