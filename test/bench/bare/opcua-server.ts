/**
 * An OPC UA server whose 5,000 variables all change once a second. Each line of standard input is answered by
 * {"round"}: how often they have changed. Read next: opcua-space.ts.
 */
import { createInterface } from 'node:readline'
import {
  DataType,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  type UAVariable,
} from 'node-opcua'
import { COUNTERS, DEVICE_URI, machineNames, VALUES } from './opcua-space.ts'

type Options = {
  /** Folder of its keys. */
  readonly pki: string
}

const { pki } = JSON.parse(process.argv[2]!) as Options
const manager = new OPCUACertificateManager({ rootFolder: pki, disableFileWatchers: true })
await manager.initialize()
const server = new OPCUAServer({
  port: 0,
  host: '127.0.0.1',
  hostname: '127.0.0.1',
  nodeset_filename: [nodesets.standard],
  securityModes: [MessageSecurityMode.None],
  securityPolicies: [SecurityPolicy.None],
  serverCertificateManager: manager,
  userCertificateManager: manager,
})
await server.initialize()
const variables = addVariables()
await server.start()
let round = 0
change()
setInterval(change, 1000)
createInterface(process.stdin)
  .on('line', () => process.stdout.write(`${JSON.stringify({ round })}\n`))
  .on('close', () => process.exit(0))
const endpoint = `opc.tcp://127.0.0.1:${server.endpoints[0]!.port}`
process.stdout.write(`${JSON.stringify({ ready: true, endpoint })}\n`)

function addVariables(): { readonly variable: UAVariable; readonly type: DataType }[] {
  const space = server.engine.addressSpace!
  const namespace = space.registerNamespace(DEVICE_URI)
  return machineNames.flatMap((machine) => {
    const folder = namespace.addFolder(space.rootFolder.objects, { browseName: machine, nodeId: `s=${machine}` })
    const add = (name: string, type: DataType) => {
      const nodeId = `s=${machine}.${name}`
      const variable = namespace.addVariable({ componentOf: folder, browseName: name, nodeId, dataType: type })
      return { variable, type }
    }
    return [
      ...Array.from({ length: VALUES }, (_, index) => add(`v${index}`, DataType.Double)),
      add('state', DataType.Int32),
      ...COUNTERS.map((name) => add(name, DataType.UInt32)),
    ]
  })
}

/** A double says which round it is; a counter counts, a state changes each time. */
function change(): void {
  round += 1
  for (const { variable, type } of variables)
    variable.setValueFromSource({ dataType: type, value: type === DataType.Int32 ? 2 + (round % 2) : round })
}
