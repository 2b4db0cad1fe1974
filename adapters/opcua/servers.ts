/**
 * Servers that are known, and what they allow beyond what they say themselves. Pure data: a server is recognised by its
 * namespaces, which are read at each connect anyway; the second is its application URI (OPC UA Part 5, 6.3.1).
 * A limit without a source is not in the table. Read next: read.ts (which keeps to it).
 */

type KnownServer = {
  readonly name: string
  readonly sign: RegExp
  /** Nodes per read, where it allows fewer than it says, or less at once. */
  readonly maxNodesPerRead?: number
  readonly note: string
  readonly source: string
}

const KNOWN_SERVERS: readonly KnownServer[] = [
  {
    name: 'Siemens S7-1200 and S7-1500',
    sign: /^urn:SIMATIC\.S7-1[25]00\.|^http:\/\/www\.siemens\.com\/simatic-s7-opcua$/i,
    maxNodesPerRead: 100,
    note: 'takes 1000 nodes in all requests that are under way together; sessions and subscriptions depend on the CPU',
    source: 'epics-modules/opcua#177 and #201',
  },
  {
    name: 'CODESYS V3',
    sign: /^CODESYSSPV3\//,
    maxNodesPerRead: 100,
    note: 'takes 100 nodes per service and 100 sessions unless CODESYSControl.cfg says otherwise; samples from 100 ms on',
    source: 'CODESYS Communication, OPC UA Server Configuration Settings, V3.5 SP17',
  },
  {
    name: 'Siemens SINUMERIK',
    sign: /^SinumerikVarProvider$/,
    note: 'needs a user; its names begin with a slash, so node ids are written whole',
    source: 'ten programs, see the facts for profiles; its limits are not sourced',
  },
  {
    name: 'Beckhoff TwinCAT 3 TF6100',
    sign: /^urn:BeckhoffAutomation:Ua:/,
    note: 'an anonymous user may see the standard nodes alone, though the namespace is listed',
    source: 'TF6100 documentation, UA_GetNamespaceIndex; its limits are not sourced',
  },
  {
    name: 'B&R Automation Runtime',
    sign: /^http:\/\/br-automation\.com\/OpcUa\/|^urn:B&R\/pv\//,
    note: 'shows only variables that are enabled in its OPC UA map',
    source: 'published B&R projects; its limits are not sourced',
  },
  {
    name: 'Kepware KEPServerEX',
    sign: /KEPServerEX/i,
    note: 'says its limits itself',
    source: 'its namespace; its limits are not sourced',
  },
  {
    name: 'Inductive Automation Ignition',
    sign: /inductiveautomation|^urn:.*ignition/i,
    note: 'says its limits itself',
    source: 'its namespace; its limits are not sourced',
  },
  {
    name: 'Prosys Simulation Server',
    sign: /:OPCUA:SimulationServer$|^http:\/\/www\.prosysopc\.com\//,
    note: 'says its limits itself',
    source: 'its application URI in published configurations',
  },
  {
    name: 'open62541',
    sign: /^urn:open62541\./,
    note: 'says its limits itself',
    source: 'open62541, default application description',
  },
]

/** The first that shows a sign; what runs on a known stack may call itself otherwise. */
export function recogniseServer(namespaces: readonly string[]): KnownServer | undefined {
  return KNOWN_SERVERS.find(({ sign }) => namespaces.some((uri) => sign.test(uri)))
}
