/** What the site file's options mean, in Chinese: the descriptions of links and machines in `site.schema.json`. */
export const options: Readonly<Record<string, string>> = {
  'Connections, by name.': '各条链路，按名称。',
  'A connection to one endpoint.': '到一个端点的链路。',
  'A modbus endpoint.': '一个 Modbus 端点。',
  'A opcua endpoint.': '一个 OPC UA 端点。',
  'Modbus TCP; RTU on a serial port; RTU frames over TCP, as a plain converter passes them; UDP; Modbus/TCP Security.':
    'Modbus TCP；串口上的 RTU；普通转换器透传的、TCP 上的 RTU 帧；UDP；Modbus/TCP Security。',
  'Host name or address; not for rtu.': '主机名或地址；rtu 不用。',
  'Port of the host; Modbus/TCP Security mostly listens on 802.': '主机端口；Modbus/TCP Security 通常是 802。',
  'The serial line; for rtu alone.': '串行线；只用于 rtu。',
  'The serial port. A name that stays, such as /dev/serial/by-id/..., survives replugging.':
    '串口。像 /dev/serial/by-id/... 这样固定的名字在重新插拔后不变。',
  'Bits per second.': '每秒位数。',
  'As at the devices. The standard wants even; many meters come with none.':
    '与设备一致。标准要求偶校验；许多电表出厂为无校验。',
  'As at the devices.': '与设备一致。',
  'Certificates; for tls alone. The files are read at each connect.': '证书；只用于 tls。每次连接时读取这些文件。',
  'PEM file: the authorities that sign certificates of devices here.': 'PEM 文件：为这里的设备签发证书的机构。',
  'PEM file: our certificate, with our role in it where the device asks for one.':
    'PEM 文件：我方证书；设备要求角色时，角色写在其中。',
  'PEM file of its private key.': '其私钥的 PEM 文件。',
  'The name in the certificate of the device, where that is not `host`.': '设备证书中的名字，若与 `host` 不同。',
  'Deadline of one request, ms.': '一次请求的期限，毫秒。',
  'Deadline of a connect, ms.': '一次连接的期限，毫秒。',
  'Requests under way at once; more than 1 only for devices known to cope. Always 1 with RTU, and for a minute after an answer that is missing or wrong.':
    '同时进行的请求数；只有确知设备能承受时才大于 1。RTU 始终为 1；答复缺失或有误后的一分钟内也为 1。',
  'Requests that may wait; a further one is refused.': '可以等待的请求数；再多则拒绝。',
  'Unwanted registers read to merge two blocks into one request.': '为把两块并成一次请求而多读的寄存器数。',
  'Registers per read, if the device allows fewer than the standard.': '每次读取的寄存器数，若设备允许的比标准少。',
  'Pause between an answer and the next request, ms, for devices that drop what comes at once.':
    '答复与下一请求之间的停顿，毫秒；用于会丢掉紧接而来的请求的设备。',
  'Pause between a connect and the first request, ms, for devices that are not ready at once.':
    '连接与第一个请求之间的停顿，毫秒；用于连接后不能立即就绪的设备。',
  'Timeouts in a row after which a unit is set aside.': '连续超时多少次后，暂不询问该单元。',
  'How often a unit that was set aside is tried again, ms.': '暂不询问的单元多久再试一次，毫秒。',
  'opc.tcp://host:port/path.': 'opc.tcp://主机:端口/路径。',
  'Message security. None is accepted on this host only, or with `unprotected`, and only when written here.':
    '报文安全。None 只在本机或写了 `unprotected` 时接受，并且必须写明。',
  'Security policy; not used with None.': '安全策略；None 时不用。',
  'A name and a password, or a certificate; refused with security None.':
    '用户名和密码，或一份证书；安全模式为 None 时拒绝。',
  'User name and password.': '用户名和密码。',
  'User name.': '用户名。',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so stands it in the site file.
  'Password, as ${env:NAME}.': '密码，写作 ${env:NAME}。',
  'A certificate that stands for a user.': '代表用户的证书。',
  "File, DER or PEM; relative to the link's folder, <dataDir>/links/<link>.":
    '文件，DER 或 PEM；相对于链路的文件夹 <dataDir>/links/<link>。',
  'File of its private key, PEM without a passphrase; as certificate.': '其私钥文件，不设密码的 PEM；路径规则同证书。',
  'Deadline of connect and session, ms.': '连接与建立会话的期限，毫秒。',
  'Publishing interval of the subscription, ms.': '订阅的发布间隔，毫秒。',
  'Nodes per read request.': '每次读取请求的节点数。',
  'With security None, for a device of another host that has no security: it is read in the clear, and nothing is ever written to it. Keep its network apart: whoever is on it can change what is read.':
    '安全模式为 None 时，用于另一主机上没有安全功能的设备：以明文读取，绝不写入。请隔离其网络：谁在该网络上，谁就能改动读到的内容。',
  'Machines, by name.': '各台机器，按名称。',
  'Name by language tag (BCP 47): `en`, `de`, `zh-Hans`, `zh-Hant-TW`.':
    '按语言标签（BCP 47）写的名称：`en`、`de`、`zh-Hans`、`zh-Hant-TW`。',
  'Id of the owner.': '所有者的标识。',
  'What it is, as the platform groups machines: `edge-bander`, `spray-booth`.':
    '它是什么，按平台对机器的分类：`edge-bander`、`spray-booth`。',
  'What people and platforms are shown of it. Nothing depends on it.': '给人和平台看的内容。不影响任何判断。',
  'Whom to ask: a name, a telephone, a place.': '有问题找谁：姓名、电话、地点。',
  'Where its manual is.': '说明书在哪里。',
  'What else a tenant should read: an instruction, a video.': '租户还应看什么：操作说明、视频。',
  'For people.': '给人看的名称。',
  'Where it is.': '在哪里。',
  'What it can do, for those who look for a machine.': '它能做什么，供找机器的人参考。',
  'Capability, as the platform names it: `pur-glue`, `width-1300`.': '能力，按平台的叫法：`pur-glue`、`width-1300`。',
  'Where in the world it stands.': '机器所在的地理位置。',
  'Address, for people.': '地址，给人看。',
  'North in degrees, WGS 84.': '纬度，度，WGS 84。',
  'East in degrees, WGS 84.': '经度，度，WGS 84。',
  'Photo of the machine: a PNG, JPEG, WebP or SVG file of at most 4 MB, relative to the site file.':
    '机器的照片：PNG、JPEG、WebP 或 SVG 文件，最大 4 MB，路径相对于站点文件。',
  'Where it stands on the picture of the floor (`plan`).': '它在车间平面图（`plan`）上的位置。',
  'Percent of the width, from the left.': '距左边，占宽度的百分比。',
  'Percent of the height, from the top.': '距上边，占高度的百分比。',
  'Whose the usage is, by the day on which a session starts. Before the first set, and without any, all of it is the owner’s.':
    '用量归谁，按会话开始的日期。第一组份额之前以及没有份额时，全部归所有者。',
  'First day on which these shares hold, in the time zone of the site.': '这些份额生效的第一天，按站点时区。',
  'Percent by owner.': '各所有者的百分比。',
  'Percent, with two decimals at most; all shares add up to 100.': '百分比，最多两位小数；各份额合计 100。',
  'Tariff of uses whose booking names none, as name@version.': '预约未指明费率时所用的费率，写作 name@version。',
  'The devices that make up the machine, by alias.': '组成机器的设备，按别名。',
  'Profile file.': '设备档案文件。',
  'Link it is reached by.': '经哪条链路到达。',
  'Modbus: unit identifier.': 'Modbus：单元号。',
  'OPC UA: node id of the device.': 'OPC UA：设备的节点标识。',
  'What the machine does: the alias of the device whose profile says it, or a rule of the machine’s own over signals of its devices, named alias.signal. With a rule of its own, mode, emergency stop and fault are those of the first device that has one.':
    '机器在做什么：由哪台设备的档案说明（写其别名），或由机器自己的规则根据各设备的信号（写作 别名.信号）判断。用自己的规则时，模式、急停和故障取自第一台具备它们的设备。',
  'Value map.': '数值对照。',
  'Signal looked at.': '所看的信号。',
  'Value → state. Any other value is no state: Unknown.': '数值 → 状态。其他数值都不是状态：Unknown。',
  'OPC 40001-1 MachineryItemState.': 'OPC 40001-1 的 MachineryItemState。',
  'First true signal wins.': '第一个为真的信号生效。',
  'A boolean signal.': '一个布尔信号。',
  'A number with hysteresis.': '带回差的数值。',
  'At or above: state `on`.': '达到或高于此值：状态为 `on`。',
  'Below: state `off`; between the two the last state stays.': '低于此值：状态为 `off`；两者之间保持原状态。',
  'State machines inside one another.': '层层嵌套的状态机。',
  'From the outside in.': '由外到内。',
  'The state of this state machine.': '这一层状态机的状态。',
  'Value → state, or `inner`: the next state machine says it. Any other value: Unknown.':
    '数值 → 状态，或 `inner`：由下一层状态机说明。其他数值：Unknown。',
  'OPC 40001-1 MachineryItemState, or `inner`.': 'OPC 40001-1 的 MachineryItemState，或 `inner`。',
  'Without it the machine is read and metered, and never unlocked.': '没有联锁的机器只读取和计量，永不解锁。',
  'Alias of the device with the interlock.': '带联锁的设备的别名。',
  'Must equal the class in the profile.': '必须与设备档案中的类型一致。',
  'The machine locks itself this long after the last heartbeat. For class `watchdog`: the longest time its watchdog may be set to. 1s to 60s.':
    '最后一次心跳之后多久机器自动锁定。类型为 `watchdog` 时：看门狗允许设定的最长时间。1s 到 60s。',
  'How often the lease is renewed, or the output written again. 100ms to 20s.':
    '租约多久续一次，或输出多久重写一次。100ms 到 20s。',
  'Needed for class `coil`, and only there: losing the gateway leaves the machine unlocked, and this person answers for that.':
    '只有类型 `coil` 需要，并且必须写：失去网关时机器保持解锁，由此人负责。',
  'Name of a person.': '某个人的姓名。',
  'Why it is acceptable here.': '在这里为什么可以接受。',
  'Last day it is accepted, in the time zone of the site; after it nobody may unlock.':
    '接受的最后一天，按站点时区；此后谁都不能解锁。',
  'How long a passed drill lets tenants in; a warning comes 30 days before the end. 1d to 3650d.':
    '演练通过后多久之内放行租户；到期前 30 天提醒。1d 到 3650d。',
  'How long the read-back of an unlock may take. Longer than a challenge lives (6 s), so that an unlock that was not confirmed can no longer happen. 10ms to 2m.':
    '解锁后回读最多等多久。要比挑战值的有效期（6 秒）长，使未确认的解锁不会再生效。10ms 到 2m。',
  'What holds for a new session while a meter of the machine does not count: it begins and says which, or is refused.':
    '机器的某个计量表不计数时，新会话如何处理：照常开始并说明是哪个表，或拒绝。',
  'Qualifications that a tenant must have, by the booking or the token.': '租户须具备的资质，由预约或令牌证明。',
  'Qualification, as the platform names it.': '资质，按平台的叫法。',
  'What the tenant is asked before and after a use. Answers go into the ledger.':
    '使用前后向租户提的问题。回答记入账本。',
  'Asked with the unlock, or once the use is over.': '随解锁提问，或在使用结束后提问。',
  'The question, by language tag (BCP 47): `en`, `zh`.': '问题，按语言标签（BCP 47）：`en`、`zh`。',
  'What the answer is.': '回答的类型。',
  'Of a `yes-no`: the only good answer.': '`yes-no`：唯一合格的回答。',
  'Of a `number`: the least that is good.': '`number`：合格的最小值。',
  'Of a `number`: the most that is good.': '`number`：合格的最大值。',
  'Of a `number`, for people.': '`number` 的单位，给人看。',
  'Of a `choice`: what there is to choose.': '`choice`：可选的回答。',
  'What people choose, by language tag (BCP 47): `en`, `zh`.': '供人选择的内容，按语言标签（BCP 47）：`en`、`zh`。',
  'Whether it is no good answer.': '是否为不合格的回答。',
  'Without its answer there is no unlock; after a use it stays due.': '没有回答就不解锁；使用后的问题一直待答。',
  'Asked of everyone, or only while a report of the machine is open.': '问每个人，或只在机器有未处理报修时提问。',
  'What an answer does that is not good: it refuses the unlock, or makes a report of this severity.':
    '不合格的回答会怎样：拒绝解锁，或生成这一级别的报修。',
  'Upkeep: services that are due by use or by time, since they were last done.':
    '维护项目：自上次完成以来，按用量或按时间到期。',
  'What has to be done, for people.': '要做什么，给人看。',
  'A meter of the machine, as alias.name.': '机器的一个计量表，写作 别名.名称。',
  'Due after so much of the meter: as 250 h, 5 MWh, 10000 pcs.': '计量表累计多少后到期：如 250 h、5 MWh、10000 pcs。',
  'Due after so many days, if that comes first.': '多少天后到期，以先到者为准。',
  'How long after the end its tenant may still report what is wrong with the machine. 0s to 1d.':
    '结束后多久内，其租户仍可报修。0s 至 1d。',
  'When one that is due and was not done is overdue.': '到期未做的项目何时算逾期。',
  'After so much more of the meter: as 25 h.': '计量表再累计多少之后：如 25 h。',
  'After so many days more.': '再过多少天之后。',
  'Whether nobody may begin a use while it is overdue.': '逾期时是否谁都不能开始使用。',
  'A meter of the machine, as alias.name, of which this is the calibration: it is done with a certificate, and `days` count from its date.':
    '本项目校准的计量表，写作 别名.名称：完成时须有证书，`days` 从证书日期算起。',
  'Whether nobody may begin a use while it is due.': '到期未做时是否谁都不能开始使用。',
  'Recurring maintenance windows, in the time zone of the site. During one there is no new unlock; a running session goes on.':
    '定期的维护时段，按站点时区。其间不再解锁；进行中的会话继续。',
  'Days on which the window begins.': '时段开始的日子。',
  'Day of the week.': '星期几。',
  'Start: when the wall clock of the site first shows this time.': '开始：站点时钟首次显示此时刻时。',
  'End: when the wall clock last shows this time; on the next day unless it is after `from`.':
    '结束：站点时钟最后显示此时刻时；若不晚于 `from`，则为次日。',
  'What holds without contact to the platform.': '联系不上平台时如何处理。',
  'Who may unlock: anyone with a signed token, only tenants whose booking had arrived, or nobody. The default follows `bookings.unknown`: `known-only` for `deny`, otherwise `accept-signed`.':
    '谁可以解锁：持有签名令牌者，仅预约已送达的租户，或谁都不行。默认随 `bookings.unknown`：`deny` 时为 `known-only`，否则为 `accept-signed`。',
  'Longest session that begins offline: the most a late revocation can cost.':
    '离线时开始的会话最长多久：迟到的撤销最多造成这么多损失。',
  'Most energy of such a session.': '这种会话最多用多少电量。',
  'Most pieces of such a session.': '这种会话最多做多少件。',
  'What happens when the booking ends.': '预约结束时怎么办。',
  'A session is warned this long before its end; 0s: never. 0s to 1d.': '会话结束前多久提醒；0s：不提醒。0s 到 1d。',
  'How long a running cycle may go on after the end; less, when the next booking of another tenant begins before that. 0s to 1d.':
    '结束后进行中的循环还可以继续多久；若另一租户的预约更早开始，则相应缩短。0s 到 1d。',
  'What happens to a cycle that still runs after the grace: `finish-cycle` waits for its end, `at-end` does not. With `owner-release` an output stays on until somebody other than the tenant ends the session. A lease block locks itself when the cycle is done. Default: `at-end` for an output, which cannot prevent a new start while it is on; `finish-cycle` for a lease block.':
    '宽限后仍在进行的循环怎么办：`finish-cycle` 等它做完，`at-end` 不等。`owner-release` 时输出保持接通，直到租户以外的人结束会话。租约块在循环完成后自动锁定。默认：输出为 `at-end`，因为接通时无法阻止再次启动；租约块为 `finish-cycle`。',
  'The permission is taken this long after the end at the latest, whatever the machine does and whoever it waits for. 1m to 7d.':
    '结束后最迟多久收回许可，无论机器在做什么、在等谁。1m 到 7d。',
  'What happens between two tenants.': '两位租户之间怎么办。',
  'How long the machine is closed to other tenants after a session. The grace before the next booking is shorter by this time. 0s to 1d.':
    '会话之后机器对其他租户关闭多久。下一预约前的宽限相应缩短。0s 到 1d。',
  'Whether somebody must inspect the machine before the next tenant may use it.':
    '下一位租户使用之前，是否须有人检查机器。',
}
