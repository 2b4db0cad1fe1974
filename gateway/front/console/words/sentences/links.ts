/** Why a link, the broker, the store or a device does not answer, in Chinese. Read next: adapters/, front/sinks/. */
export const links: Readonly<Record<string, string>> = {
  'not connected': '未连接',
  'not connected to {where}': '未连接到 {where}',
  'connection to {where} lost: {why}': '到 {where} 的连接中断：{why}',
  'connection lost': '连接中断',
  'closed by the device': '被设备关闭',
  'closed by the server': '被服务器关闭',
  'aborted by the server': '被服务器中止',
  'no answer in time': '没有及时答复',
  'no answer within {ms} ms, repeatedly': '{ms} 毫秒内没有答复，已多次',
  'no answer': '没有答复',
  'has timed out': '已超时',
  'no secure channel': '没有建立安全信道',
  'session replaced': '会话已被替换',
  'session closed ({status})': '会话已关闭（{status}）',
  'making key and certificate': '生成密钥和证书',
  'the namespaces of the server cannot be read ({why})': '无法读取服务器的命名空间（{why}）',
  'connect ECONNREFUSED {where}': '{where} 拒绝连接',
  'this host name is not known; correct `host` or the name server': '不认识此主机名；请更正 `host` 或域名服务器',
  'this host name is not known; correct `endpoint` or the name server':
    '不认识此主机名；请更正 `endpoint` 或域名服务器',
  'nothing accepts connections there; correct `host` and `port`, or switch Modbus TCP on at the device':
    '那里没有程序接受连接；请更正 `host` 和 `port`，或在设备上启用 Modbus TCP',
  'nothing accepts connections there': '那里没有程序接受连接',
  'nothing accepts connections there; {what}': '那里没有程序接受连接；{what}',
  'no device answers at this address; correct `host`, or look at its power and its cable':
    '此地址没有设备答复；请更正 `host`，或检查电源和网线',
  'there is no way to this network; correct `host`, or the network of this computer':
    '到不了此网络；请更正 `host`，或检查本机网络',
  'before it answered anything: what listens there does not speak Modbus, or another client holds its only connection':
    '尚未答复任何请求：那里监听的不是 Modbus，或唯一的连接被别的客户端占用',
  'unit {unit} does not answer': '单元 {unit} 没有答复',
  'units {units} do not answer': '单元 {units} 没有答复',
  '{who}: nothing within {ms} ms, repeatedly': '{who}：{ms} 毫秒内没有答复，已多次',
  '{who}: nothing within {ms} ms, repeatedly; {why}': '{who}：{ms} 毫秒内没有答复，已多次；{why}',
  'not sent: the queue of the link is full': '未发出：链路的队列已满',
  'not sent: the link is too busy': '未发出：链路太忙',
  'not sent: too many reads wait': '未发出：等待的读取太多',
  'the device closes the connection in place of an answer': '设备不答复而是关闭连接',
  'unexpected answer': '意外的答复',
  'it came too late': '来得太晚',
  'exception {code} (illegal function)': '异常 {code}（功能码不支持）',
  'exception {code} (illegal data address)': '异常 {code}（地址不存在）',
  'exception {code} (illegal data value)': '异常 {code}（数值不允许）',
  'exception {code} (device failure)': '异常 {code}（设备故障）',
  'exception {code} (device busy)': '异常 {code}（设备忙）',
  'exception {code} (memory parity error)': '异常 {code}（存储校验错误）',
  'exception {code} (gateway path unavailable)': '异常 {code}（转换器的路径不可用）',
  'exception {code} (gateway target did not respond)': '异常 {code}（转换器后面的设备没有答复）',
  'exception {code} ({what})': '异常 {code}（{what}）',
  'unit {unit} answers in the place of unit {asked}; correct `unit` or the converter':
    '单元 {unit} 代替单元 {asked} 答复；请更正 `unit` 或转换器',
  'the answer is for function {code}, asked was function {asked}': '答复对应功能码 {code}，询问的是 {asked}',
  'the answer says it holds {is} bytes, asked were {due}': '答复称有 {is} 字节，询问的是 {due} 字节',
  'the answer is cut short: {is} bytes of {due}': '答复不完整：{due} 字节中只有 {is}',
  'expected {due} registers, got {is}': '应有 {due} 个寄存器，得到 {is} 个',
  'not Modbus: {why}': '不是 Modbus：{why}',
  'no frame': '没有帧',
  'answers come after they were given up; raise timeoutMs': '答复在放弃之后才到；请增大 timeoutMs',
  'answers come with transaction {id}, asked was {other}': '答复的事务号为 {id}，询问的是 {other}',
  '{count} bytes came that are no answer': '收到 {count} 字节，不是答复',
  'the adapter sends back what is sent to it; switch its echo off': '转换器把发送的内容送了回来；请关闭其回显',
  'the checksum is wrong; look at the cable, its ends, and that baud rate and parity are those of the device':
    '校验和错误；请检查电缆、终端电阻，以及波特率和校验是否与设备一致',
  'nothing listens there on UDP; correct `host` and `port`': '那里没有 UDP 监听；请更正 `host` 和 `port`',
  'the package serialport cannot be loaded; run npm ci again': '无法加载 serialport 软件包；请重新运行 npm ci',
  'the serial port is gone; is its adapter plugged in?': '串口不见了；适配器插好了吗？',
  'there is no {path}; correct `path`, or plug the adapter in': '没有 {path}；请更正 `path`，或插上适配器',
  'this user may not open {path}; add it to the group that owns the port (often dialout), and log in again':
    '此用户无权打开 {path}；请将其加入串口所属的组（通常是 dialout）并重新登录',
  'another program has {path} open; end it: a serial port has one user':
    '另一个程序打开了 {path}；请结束它：串口只能有一个使用者',
  'perhaps the device does not take our certificate': '也许设备不接受我方证书',
  'the certificate of the device is not signed by `tls.ca`; put the authority of the device into that file':
    '设备的证书不是由 `tls.ca` 签发；请把设备的签发机构放入该文件',
  'the certificate of the device has expired; renew it there, and look at both clocks':
    '设备的证书已过期；请在设备上更新，并检查双方时钟',
  'the certificate of the device is not valid yet; look at both clocks': '设备的证书尚未生效；请检查双方时钟',
  'the certificate of the device names another host; write the name in it as `tls.serverName`, or renew it there':
    '设备的证书写的是另一主机；请把其中的名字写为 `tls.serverName`，或在设备上更新',
  'the device does not take our certificate; make it trust the authority of `tls.cert`, and look at its list of roles':
    '设备不接受我方证书；请让它信任 `tls.cert` 的签发机构，并检查其角色列表',
  'the device says that our certificate has expired; renew `tls.cert`': '设备称我方证书已过期；请更新 `tls.cert`',
  'the device and this gateway agree on no version or cipher of TLS; it has to speak TLS 1.2 or newer':
    '设备与本网关没有共同的 TLS 版本或加密套件；设备须支持 TLS 1.2 或更高',
  'what listens there speaks no TLS; correct `port` (mostly 802) or `transport`':
    '那里监听的不是 TLS；请更正 `port`（通常是 802）或 `transport`',
  '`tls.key` is not the key of `tls.cert`': '`tls.key` 不是 `tls.cert` 的私钥',
  'a file of `tls` cannot be read; correct its path or its rights': '`tls` 的某个文件无法读取；请更正路径或权限',
  'the device has no SunSpec model {models}; it has {list}': '设备没有 SunSpec 模型 {models}；它有 {list}',
  'no SunSpec mark at {list}: the device speaks no SunSpec, or it is switched off there':
    '{list} 处没有 SunSpec 标记：设备不支持 SunSpec，或已关闭',
  'security None is for this host alone; set `security: SignAndEncrypt` and trust the certificates':
    '安全模式 None 只用于本机；请设 `security: SignAndEncrypt` 并信任证书',
  'a password would be sent unprotected; set `security: SignAndEncrypt` or leave out `user`':
    '密码会以明文发送；请设 `security: SignAndEncrypt` 或去掉 `user`',
  'our certificate ends soon: run `latchkey trust renew`, and trust the new one on the server':
    '我方证书即将到期：请运行 `latchkey trust renew`，并在服务器上信任新证书',
  'the server refuses our certificate; trust {file} on the server': '服务器拒绝我方证书；请在服务器上信任 {file}',
  'the server refuses this user; correct `user` (name, password), or add it if anonymous use is off':
    '服务器拒绝此用户；请更正 `user`（用户名、密码），或在不允许匿名时添加它',
  'the server does not offer {what}; correct `security` and `policy`, or enable it on the server':
    '服务器不提供 {what}；请更正 `security` 和 `policy`，或在服务器上启用',
  'the server does not offer {what}, it offers {list}; correct `security` and `policy`, or enable it on the server':
    '服务器不提供 {what}，它提供 {list}；请更正 `security` 和 `policy`，或在服务器上启用',
  'all sessions of the server are taken; one that this gateway left behind ends within a minute, one of another client when that is closed':
    '服务器的会话已占满；本网关遗留的一分钟内结束，其他客户端的在其关闭时结束',
  'the server is busy, or still starting': '服务器忙，或仍在启动',
  'the certificate of the server {what}: {todo}': '服务器的证书{what}：{todo}',
  'the subscription is silent for {ms} ms': '订阅已 {ms} 毫秒没有消息',
  'the server ended the subscription ({status})': '服务器结束了订阅（{status}）',
  'the server ended the subscription': '服务器结束了订阅',
  'what answers does not speak OPC UA: {why}': '答复的一方不是 OPC UA：{why}',
  'an answer cannot be read: {why}': '答复无法读取：{why}',
  'a person trusts the certificate of the server no more': '有人不再信任服务器的证书',
  'the link is `unprotected: read-only`': '链路为 `unprotected: read-only`',
  'nothing is found at {path} ({why})': '{path} 处没有内容（{why}）',
  'it is nowhere': '到处都没有',
  'its path was not asked for yet': '尚未查询其路径',
  'the answer has no such item': '答复里没有这一项',
  'it leads to {count} nodes: write the node id': '它指向 {count} 个节点：请写节点标识',
  'the server has no namespace {uri}; it has {list}': '服务器没有命名空间 {uri}；它有 {list}',
  'the node holds {is}, the profile says {wanted}': '节点为 {is}，设备档案写的是 {wanted}',
  'one value': '一个数值',
  'no boolean': '不是布尔值',
  'no number': '不是数字',
  'no text': '不是文本',
  'no integer': '不是整数',
  'no array': '不是数组',
  'values were lost between two: some change faster than they are published': '两次之间丢失了数值：有些变化比发布快',

  'is not trusted ({status})': '不受信任（{status}）',
  'is weak: {why}': '强度不足：{why}',
  'is not made for this: {why}': '用途不符：{why}',
  'has expired on {at}, and the clock here shows {now}': '已于 {at} 过期，而这里的时钟显示 {now}',
  'is not valid before {at}, and the clock here shows {now}': '{at} 之前无效，而这里的时钟显示 {now}',
  'renew it on the server, or set the clock': '请在服务器上更新，或校准时钟',
  "set the clock that is wrong, then make the certificate anew if it was the server's":
    '请校准有误的时钟；若是服务器的时钟有误，再重新生成证书',
  'make one with RSA of {bits} bits or more and SHA-256 on the server':
    '请在服务器上生成 RSA {bits} 位以上、SHA-256 的证书',
  'make one for an OPC UA server, with that usage': '请生成用于 OPC UA 服务器且带该用途的证书',
  'is that of the application {uri}, and the server calls itself {own}': '属于应用 {uri}，而服务器自称 {own}',
  'give the server a certificate of its own, or correct its application URI': '请给服务器自己的证书，或更正其应用 URI',
  'is for {hosts}, and the site file says {host}': '适用于 {hosts}，而站点文件写的是 {host}',
  'write that name in `endpoint`, or make a certificate that names this host too':
    '请在 `endpoint` 中写该名字，或生成也包含此主机的证书',
  'its key is not RSA': '密钥不是 RSA',
  'its key has {bits} bits': '密钥为 {bits} 位',
  'it is signed with {how}': '签名算法为 {how}',
  'its key may not sign (key usage)': '密钥不得用于签名（密钥用途）',
  'its key may not encrypt (key usage)': '密钥不得用于加密（密钥用途）',
  'it is for no server (extended key usage)': '不适用于服务器（扩展密钥用途）',
  'is signed by an authority that is not known here ({authority})': '由这里不认识的机构签发（{authority}）',
  'cannot be checked: there is no revocation list of the authority that signed it ({authority})':
    '无法检查：没有签发机构的撤销列表（{authority}）',
  'it comes from whoever runs that authority, and may be empty. Put it into {folder}':
    '该列表由运行此机构的人提供，可以为空。请放入 {folder}',
  'has been revoked by its authority ({authority})': '已被签发机构撤销（{authority}）',
  'give the server another one': '请给服务器换一份',
  'compare its thumbprint with the one the server shows, then run `latchkey trust approve`, or move {file} to {folder}':
    '请将其指纹与服务器显示的核对，然后运行 `latchkey trust approve`，或把 {file} 移到 {folder}',
  'put the certificate of that authority into {certificates} and its revocation list into {lists}; both come from whoever runs it, for a PLC from its engineering tool. Then move {file} to {folder}':
    '请把该机构的证书放入 {certificates}，其撤销列表放入 {lists}；两者由运行它的人提供，PLC 则来自其组态工具。然后把 {file} 移到 {folder}',
  'ends on {at}': '将于 {at} 到期',
  'run `latchkey trust renew`, and trust the new one on the server':
    '请运行 `latchkey trust renew`，并在服务器上信任新证书',

  '{where} answers: {what}': '{where} 答复：{what}',
  '{where} answers {status}': '{where} 答复 {status}',
  '{where} does not answer: {why}': '{where} 没有答复：{why}',
  'keys of {issuer}': '{issuer} 的公钥',
  broker: '消息代理',
  store: '时序库',
  feed: '预约来源',
  'webhook {id}': 'Webhook {id}',
  'webhook {id}: {address} is in a private network; write privateNetwork: accepted if that is meant':
    'Webhook {id}：{address} 在内网中；若确实如此，请写 privateNetwork: accepted',
  '{address} is in a private network; write privateNetwork: accepted if that is meant':
    '{address} 在内网中；若确实如此，请写 privateNetwork: accepted',
  'the broker did not answer within {ms} ms': '消息代理在 {ms} 毫秒内没有答复',
  'the broker ended the connection': '消息代理关闭了连接',
  'the broker ended the connection at a message on {topic}': '消息代理在收到 {topic} 上的消息时关闭了连接',
  'the connection to the broker was lost': '到消息代理的连接中断',
  'the connection to the broker was lost; MQTT 3.1.1 cannot say why: perhaps another client with this mqtt.clientId':
    '到消息代理的连接中断；MQTT 3.1.1 不说明原因：也许另一个客户端用了同样的 mqtt.clientId',
  'the broker refuses the subscription to {topic}': '消息代理拒绝订阅 {topic}',
  'the broker refuses a message on {topic}': '消息代理拒绝 {topic} 上的消息',
  'the broker shows this user nothing on {topic}': '消息代理不让此用户看到 {topic} 上的任何内容',
  'the broker answered: {why}': '消息代理答复：{why}',
  '{what}; mosquitto wants "topic write {topic}" in its acl_file':
    '{what}；mosquitto 要求其 acl_file 中有 "topic write {topic}"',
  '{topic}: {bytes} bytes, and the broker takes packets of {most}; raise its maximum packet size':
    '{topic}：{bytes} 字节，而消息代理最大接受 {most} 字节的报文；请调大其最大报文长度',
  'the broker takes nothing': '消息代理什么都不接受',
  'no acknowledgement within {ms} ms': '{ms} 毫秒内没有应答',
  'the broker does not speak this version of MQTT; set mqtt.version': '消息代理不支持此 MQTT 版本；请设 mqtt.version',
  'the broker refuses the client id; set mqtt.clientId': '消息代理拒绝客户端标识；请设 mqtt.clientId',
  'the broker refuses user name or password; check mqtt.username and mqtt.password':
    '消息代理拒绝用户名或密码；请检查 mqtt.username 和 mqtt.password',
  'the broker does not let this client in or publish; check its access list':
    '消息代理不让此客户端接入或发布；请检查其访问列表',
  'the broker found a protocol error; set mqtt.version': '消息代理发现协议错误；请设 mqtt.version',
  'the broker does not speak MQTT 5; set mqtt.version to 4': '消息代理不支持 MQTT 5；请把 mqtt.version 设为 4',
  'the broker has banned this client': '消息代理禁止了此客户端',
  'the broker wants another way of authentication': '消息代理要求另一种认证方式',
  'another client took over with the same id; give each gateway its own mqtt.clientId':
    '另一个客户端用同样的标识接管了连接；请给每个网关各自的 mqtt.clientId',
  'the broker keeps no retained messages; switch them on': '消息代理不保留消息；请启用保留',
  'the broker keeps no retained messages; switch them on, or set mqtt.publish to unretained':
    '消息代理不保留消息；请启用保留，或把 mqtt.publish 设为 unretained',
  'the broker takes no QoS 1; switch it on': '消息代理不接受 QoS 1；请启用',
  'the broker sends to another server; change mqtt.url': '消息代理转到另一台服务器；请更改 mqtt.url',
  'the broker has moved; change mqtt.url': '消息代理已迁移；请更改 mqtt.url',
  'nothing accepts connections there; correct mqtt.url, or start the broker':
    '那里没有程序接受连接；请更正 mqtt.url，或启动消息代理',
  'this host name is not known; correct mqtt.url, or the name server': '不认识此主机名；请更正 mqtt.url，或域名服务器',
  'no TLS with the broker ({code}); check mqtt.ca, and scheme, name and port in mqtt.url':
    '与消息代理无法建立 TLS（{code}）；请检查 mqtt.ca，以及 mqtt.url 的协议、名字和端口',
  'InfluxDB {host}: {what} ({said})': 'InfluxDB {host}：{what}（{said}）',
  'InfluxDB {host} {why}': 'InfluxDB {host} {why}',
  'InfluxDB answers {said}': 'InfluxDB 答复 {said}',
  'InfluxDB cannot be reached: {why}': '连不上 InfluxDB：{why}',
  'InfluxDB did not answer within {ms} ms': 'InfluxDB 在 {ms} 毫秒内没有答复',
  'InfluxDB says that its disk is full; make space, and restart it: {said}':
    'InfluxDB 的磁盘已满；请腾出空间并重启它：{said}',
  '{why}, {count} times in a row at this one alone; too large for it?':
    '{why}，只在这一个条目上连续 {count} 次；它是否太大？',
  '{sink} is not connected: {why}': '{sink} 未连接：{why}',
  '{count} are on their way already': '已有 {count} 个在发送途中',
  'nothing can take the place of an entry at {sink}': '{sink} 不能用别的内容代替条目',
  'the site file has no such sink': '站点文件没有这个接收端',
  'did not answer within {ms} ms': '在 {ms} 毫秒内没有答复',
  'cannot be reached: {why}': '无法到达：{why}',
  'refuses user name or password; check influx.username and influx.password':
    '拒绝用户名或密码；请检查 influx.username 和 influx.password',
  'takes no new series; raise the limit that it names, or drop series': '不再接受新的序列；请提高其上限，或删除序列',
  'does not take writes here; check influx.url and influx.version':
    '在此处不接受写入；请检查 influx.url 和 influx.version',
  'does not let this user write; {command}': '不让此用户写入；{command}',
  'has no database "{database}"; {command}': '没有数据库“{database}”；{command}',
  'refuses the token; {command}, and set influx.token': '拒绝此令牌；{command}，并设 influx.token',
  'does not let this token write; {command}, and set influx.token': '不让此令牌写入；{command}，并设 influx.token',
  'shows this token no bucket "{bucket}" of "{organisation}"; {command}':
    '不让此令牌看到“{organisation}”的存储桶“{bucket}”；{command}',
  'something in between answers instead of it, which takes a write with 204; check influx.url and the network':
    '答复的是中间的程序，而不是它本身（它以 204 接受写入）；请检查 influx.url 和网络',
  'no answer within {ms} ms': '{ms} 毫秒内没有答复',
  'it could not be asked': '无法询问',
  'it did not answer in time': '没有及时答复',
  'it is too large': '内容太大',
  'it answers {status}': '答复 {status}',
  'it answered with {status}': '答复 {status}',
  'what came before it was refused': '它之前的内容被拒绝',
  '{said}, which means that nobody wants events there any more': '{said}，表示那里不再需要事件',
  '{said}, a redirect: write the address that it leads to': '{said}，是重定向：请写它指向的地址',
  '{said}, for {hours} h': '{said}，已持续 {hours} 小时',
  'fetch failed': '请求失败',

  '{text} is no number; type what the display shows, such as 1234.5':
    '{text} 不是数字；请输入显示屏上的数值，如 1234.5',
  '{text} can mean two numbers; type it with a point and without groups':
    '{text} 可以理解为两个数；请用小数点且不分组输入',
  'more than {most} digits cannot be compared exactly': '超过 {most} 位无法精确比较',
  'many registers hold 0: let the machine run until the display shows something else':
    '许多寄存器为 0：让机器运行到显示屏显示别的数值',
  'no register shows that by itself; go on, and a constant offset is looked for once it has changed twice':
    '没有寄存器直接显示它；请继续，变化两次后会查找固定偏移',
  'no register that was read gives all of these: look for typing errors, read more registers, or both tables':
    '读到的寄存器都不能给出这些数值：请检查输入，多读一些寄存器，或两张表都读',
  'one is left; let the number on the display change, and type it again': '剩下一处；等显示屏的数值变化后再输入一次',
  'one is left; type it once more': '剩下一处；请再输入一次',
  'one is left, and chance could explain it; type it after another change':
    '剩下一处，但可能是巧合；再变化后请再输入一次',
  '{count} registers give that: let the number change, and type it again': '有 {count} 处相符：等数值变化后再输入一次',
  '{count} registers give that: let the number change, and type it again; a narrow counter and a wide one part beyond {least}, or say --width':
    '有 {count} 处相符：等数值变化后再输入一次；窄计数器与宽计数器超过 {least} 后才分得开',
}
