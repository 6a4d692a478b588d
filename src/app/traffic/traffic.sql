# The city's signals as its brain tells them: the newest outline of the street, sums by minute of links and signals, what people
# ordered. All rows belong to the institution that looks after the signals. A street's numbers of links and signals hold
# for its net alone: `net` is made of the digest of its files. Minutes are counted since 1970 UTC by the street's clock, which a
# simulation lets run faster than ours.
room traffic

table street "what the brain told of its street last, and the root row of all that is ordered: the map is there before the brain is"
  institution  id       internal  "who looks after the signals"
  version      int      internal  "root row version: the number of the newest order"
  net          id       internal  "made of the digest of its files"
  outline      bytes    internal  "as the brain told it (brain/frame.h)"
  told_at      instant  internal  "when it was told"
  wrote        int      internal  "the newest minute that is in the tables below"
  key institution

table link_minute "what was on a link in a minute; of more than a week ago in a quarter of an hour. Sums over its seconds"
  institution  id   public  "who looks after the signals"
  net          id   public  "of which the link is"
  minute       int  public  "the first one that the row stands for"
  link         int  public  "its number in the net"
  span         int  public  "minutes that the row stands for: 1 or 15"
  seconds      int  public  "of these were told: what is summed up is of so many seconds"
  brain_s      int  public  "of these the brain led the signal at its end"
  vehicle_s    int  public  "seconds that vehicles spent on it"
  halting_s    int  public  "of these they stood"
  delay_s      int  public  "of these they lost against going as fast as is allowed"
  metres       int  public  "that they went"
  key institution net minute link
  index by_link institution net link minute
  index by_span institution net span minute
  small

table signal_minute "what was before a signal in a minute; of more than a week ago in a quarter of an hour. Sums over its seconds and the links that lead to it"
  institution    id   public  "who looks after the signals"
  net            id   public  "of which the signal is"
  minute         int  public  "the first one that the row stands for"
  signal         int  public  "its number in the net"
  span           int  public  "minutes that the row stands for: 1 or 15"
  seconds        int  public  "of these were told"
  brain_s        int  public  "of these the brain led it"
  agree_s        int  public  "of these it stood where the brain would have it, led or not"
  vehicle_s      int  public  "seconds that vehicles spent before it"
  halting_s      int  public  "of these they stood"
  delay_s        int  public  "of these they lost"
  metres         int  public  "that they went"
  walker_s       int  public  "seconds that people waited at its crossings"
  walk_most_s    int  public  "the longest that one of them waited"
  switches       int  public  "how often it went to another stage"
  key institution net minute signal
  index by_signal institution net signal minute
  index by_span institution net span minute
  small

table signal_order "what people ordered, one row a signal and order; the brain has them when it acknowledged the number"
  institution  id       internal  "who looks after the signals"
  number       int      internal  "grows by one"
  kind         int      internal  "enum traffic_order_kind"
  signal       text     internal  "its id in the net; empty: the whole street"
  mode         int      internal  "enum frame_mode, of an order of a mode"
  body         bytes    internal  "the order as the brain takes it (brain/orders.h)"
  reason       text     internal  "why, in the words of who ordered it"
  ordered_by   id       internal  "account"
  ordered_name text     internal  "the name then"
  ordered_at   instant  internal  "when"
  key institution number
  index by_signal institution signal number

table street_rule "ways of emergency vehicles and school hours that hold, as they were ordered last"
  institution  id       internal  "who looks after the signals"
  number       int      internal  "its id for the brain: the number of the order that made it"
  kind         int      internal  "enum order_kind: a way or a school's hours"
  name         text     internal  "what it is called"
  first        text     internal  "of a way: the id of the link where it begins; of a school: the ids of its signals, a line each"
  last         text     internal  "of a way: the id of the link where it ends"
  vehicle      int      internal  "of a way: 0 an ambulance, 1 the fire service, 2 the police"
  days         int      internal  "of a school, local: bits, Monday is the first"
  from_min     int      internal  "of a school, local: minutes of the day"
  until_min    int      internal  "of a school, local: minutes of the day"
  ordered_name text     internal  "who ordered it, the name then"
  ordered_at   instant  internal  "when"
  key institution number

statement street_get maybe
  route institution
  select institution, version, net, outline, told_at, wrote from street where institution = :institution

statement street_add root exec 1
  route institution
  insert into street (institution, version, net, outline, told_at, wrote) values (:institution, 1, :net, :outline, :told_at, 0)

statement street_told root exec 1
  route institution
  update street set net = :net, outline = :outline, told_at = :told_at where institution = :institution

statement street_wrote root exec 1
  route institution
  update street set wrote = :wrote where institution = :institution

statement street_order root exec 1 "the guard of all orders: their numbers follow one another"
  route institution
  in number int
  update street set version = :number where institution = :institution and version = :version

statement link_minute_add exec any "or more of it, when the brain was started again within the minute"
  route institution
  insert into link_minute (institution, net, minute, link, span, seconds, brain_s, vehicle_s, halting_s, delay_s, metres)
  values (:institution, :net, :minute, :link, :span, :seconds, :brain_s, :vehicle_s, :halting_s, :delay_s, :metres)
  on conflict (institution, net, minute, link) do update set seconds = link_minute.seconds + excluded.seconds,
    brain_s = link_minute.brain_s + excluded.brain_s, vehicle_s = link_minute.vehicle_s + excluded.vehicle_s,
    halting_s = link_minute.halting_s + excluded.halting_s, delay_s = link_minute.delay_s + excluded.delay_s,
    metres = link_minute.metres + excluded.metres

statement signal_minute_add exec any "or more of it"
  route institution
  insert into signal_minute (institution, net, minute, signal, span, seconds, brain_s, agree_s, vehicle_s, halting_s, delay_s, metres,
    walker_s, walk_most_s, switches)
  values (:institution, :net, :minute, :signal, :span, :seconds, :brain_s, :agree_s, :vehicle_s, :halting_s, :delay_s, :metres,
    :walker_s, :walk_most_s, :switches)
  on conflict (institution, net, minute, signal) do update set seconds = signal_minute.seconds + excluded.seconds,
    brain_s = signal_minute.brain_s + excluded.brain_s, agree_s = signal_minute.agree_s + excluded.agree_s,
    vehicle_s = signal_minute.vehicle_s + excluded.vehicle_s, halting_s = signal_minute.halting_s + excluded.halting_s,
    delay_s = signal_minute.delay_s + excluded.delay_s, metres = signal_minute.metres + excluded.metres,
    walker_s = signal_minute.walker_s + excluded.walker_s,
    walk_most_s = case when signal_minute.walk_most_s > excluded.walk_most_s then signal_minute.walk_most_s else excluded.walk_most_s end,
    switches = signal_minute.switches + excluded.switches

statement link_minutes_sum many "of all links over some minutes: what is usual"
  route institution
  in since int
  in until int
  out vehicle_s int
  out delay_s int
  out metres int
  select link, sum(vehicle_s) as vehicle_s, sum(delay_s) as delay_s, sum(metres) as metres from link_minute
  where institution = :institution and net = :net and minute >= :since and minute < :until group by link

statement link_minutes_thin many "a quarter of an hour whose minutes are to be one row"
  route institution
  in since int
  in until int
  out seconds int
  out brain_s int
  out vehicle_s int
  out halting_s int
  out delay_s int
  out metres int
  select link, sum(seconds) as seconds, sum(brain_s) as brain_s, sum(vehicle_s) as vehicle_s, sum(halting_s) as halting_s,
    sum(delay_s) as delay_s, sum(metres) as metres from link_minute
  where institution = :institution and net = :net and minute >= :since and minute < :until group by link

statement link_minutes_drop exec any
  route institution
  in since int
  in until int
  delete from link_minute where institution = :institution and net = :net and minute >= :since and minute < :until

statement link_minute_oldest maybe "the oldest that is not yet thinned"
  route institution
  select minute from link_minute where institution = :institution and net = :net and span = 1 order by minute limit 1

statement signal_minutes_thin many
  route institution
  in since int
  in until int
  out seconds int
  out brain_s int
  out agree_s int
  out vehicle_s int
  out halting_s int
  out delay_s int
  out metres int
  out walker_s int
  out walk_most_s int
  out switches int
  select signal, sum(seconds) as seconds, sum(brain_s) as brain_s, sum(agree_s) as agree_s, sum(vehicle_s) as vehicle_s,
    sum(halting_s) as halting_s, sum(delay_s) as delay_s, sum(metres) as metres, sum(walker_s) as walker_s,
    max(walk_most_s) as walk_most_s, sum(switches) as switches from signal_minute
  where institution = :institution and net = :net and minute >= :since and minute < :until group by signal

statement signal_quarters many "of one signal and the links that lead to it, by quarters of an hour"
  route institution
  in since int
  in until int
  out quarter int
  out seconds int
  out brain_s int
  out vehicle_s int
  out halting_s int
  out delay_s int
  out metres int
  out walker_s int
  select minute / 15 as quarter, sum(seconds) as seconds, sum(brain_s) as brain_s, sum(vehicle_s) as vehicle_s,
    sum(halting_s) as halting_s, sum(delay_s) as delay_s, sum(metres) as metres, sum(walker_s) as walker_s from signal_minute
  where institution = :institution and net = :net and signal = :signal and minute >= :since and minute < :until
  group by minute / 15

statement signal_minutes_drop exec any
  route institution
  in since int
  in until int
  delete from signal_minute where institution = :institution and net = :net and minute >= :since and minute < :until

statement signal_order_add exec any
  route institution
  insert into signal_order (institution, number, kind, signal, mode, body, reason, ordered_by, ordered_name, ordered_at)
  values (:institution, :number, :kind, :signal, :mode, :body, :reason, :ordered_by, :ordered_name, :ordered_at)

statement street_rule_put exec any "or changes it"
  route institution
  insert into street_rule (institution, number, kind, name, first, last, vehicle, days, from_min, until_min, ordered_name, ordered_at)
  values (:institution, :number, :kind, :name, :first, :last, :vehicle, :days, :from_min, :until_min, :ordered_name, :ordered_at)
  on conflict (institution, number) do update set name = excluded.name, first = excluded.first, last = excluded.last, vehicle = excluded.vehicle,
    days = excluded.days, from_min = excluded.from_min, until_min = excluded.until_min,
    ordered_name = excluded.ordered_name, ordered_at = excluded.ordered_at

statement street_rule_end exec any
  route institution
  delete from street_rule where institution = :institution and number = :number

statement street_rules many "newest first"
  route institution
  in most int
  select institution, number, kind, name, first, last, vehicle, days, from_min, until_min, ordered_name, ordered_at from street_rule
  where institution = :institution order by institution desc, number desc limit :most

statement signal_orders_after many "what the brain has not acknowledged"
  route institution
  in most int
  select institution, number, body from signal_order
  where institution = :institution and number > :number order by institution, number limit :most

statement signal_orders_of many "newest first"
  route institution
  in most int
  select institution, number, kind, signal, mode, reason, ordered_by, ordered_name, ordered_at from signal_order
  where institution = :institution and signal = :signal order by institution desc, signal desc, number desc limit :most

# --- The whole street by quarters of an hour: today against usual, before and after (history.h)

table city_quarter "the whole street in a quarter of an hour; kept for good. Sums over its seconds"
  institution  id   public  "who looks after the signals"
  net          id   public  "of which street"
  quarter      int  public  "of an hour, since 1970 UTC by the street's clock"
  seconds      int  public  "of these were told: what is summed up is of so many seconds"
  signal_s     int  public  "times the signals"
  brain_s      int  public  "of signal_s the brain led"
  vehicle_s    int  public  "seconds that vehicles spent on the street"
  halting_s    int  public  "of these they stood"
  delay_s      int  public  "of these they lost against going as fast as is allowed"
  metres       int  public  "that they went"
  walker_s     int  public  "seconds that people waited at crossings"
  key institution net quarter
  small

statement city_quarter_add exec any "or more of it: a minute at a time"
  route institution
  insert into city_quarter (institution, net, quarter, seconds, signal_s, brain_s, vehicle_s, halting_s, delay_s, metres, walker_s)
  values (:institution, :net, :quarter, :seconds, :signal_s, :brain_s, :vehicle_s, :halting_s, :delay_s, :metres, :walker_s)
  on conflict (institution, net, quarter) do update set seconds = city_quarter.seconds + excluded.seconds,
    signal_s = city_quarter.signal_s + excluded.signal_s, brain_s = city_quarter.brain_s + excluded.brain_s,
    vehicle_s = city_quarter.vehicle_s + excluded.vehicle_s, halting_s = city_quarter.halting_s + excluded.halting_s,
    delay_s = city_quarter.delay_s + excluded.delay_s, metres = city_quarter.metres + excluded.metres,
    walker_s = city_quarter.walker_s + excluded.walker_s

statement city_quarters many
  route institution
  in since int
  in until int
  select institution, net, quarter, seconds, signal_s, brain_s, vehicle_s, halting_s, delay_s, metres, walker_s from city_quarter
  where institution = :institution and net = :net and quarter >= :since and quarter < :until order by quarter

statement city_quarter_newest maybe
  route institution
  select institution, net, quarter from city_quarter where institution = :institution and net = :net
  order by institution desc, net desc, quarter desc limit 1

statement street_wrote_at maybe
  route institution
  select institution, net, wrote from street where institution = :institution

statement street_version maybe
  route institution
  select version from street where institution = :institution

# --- What if: the same demand in the simulator by two settings (whatif.h)

table what_if "a question that somebody at the traffic office asked the simulator, and its answer; kept"
  institution  id       internal  "who looks after the signals"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  a            text     internal  "setting: the name of a controller"
  b            text     internal  "the other one"
  minutes      int      internal  "of the demand"
  seeds        int      internal  "how often, each time by other chance"
  state        int      internal  "enum what_if_state"
  part         int      internal  "percent that is done"
  heard_at     instant  internal  "when the simulator said something last; 0: never"
  result       text     internal  "a line a measure: key|A|B|least|most"
  note         text     internal  "what went wrong, in the simulator's words"
  asked_by     id       internal  "account"
  asked_name   text     internal  "the name then"
  asked_at     instant  internal  "when"
  ended_at     instant? internal  "when"
  key institution id
  index by_state institution state id

statement what_if_add root exec 1
  route institution
  insert into what_if (institution, id, version, a, b, minutes, seeds, state, part, heard_at, result, note, asked_by, asked_name, asked_at)
  values (:institution, :id, 1, :a, :b, :minutes, :seeds, :state, 0, 0, '', '', :asked_by, :asked_name, :asked_at)

statement what_if_first maybe "the oldest in a state"
  route institution
  select institution, id, version, a, b, minutes, seeds, state, part, heard_at from what_if
  where institution = :institution and state = :state order by id limit 1

statement what_if_get maybe
  route institution
  select institution, id, version, state, part, heard_at from what_if where institution = :institution and id = :id

statement what_if_say root exec 1
  route institution
  update what_if set version = version + 1, state = :state, part = :part, heard_at = :heard_at
  where institution = :institution and id = :id and version = :version

statement what_if_end root exec 1
  route institution
  update what_if set version = version + 1, state = :state, result = :result, note = :note, ended_at = :ended_at
  where institution = :institution and id = :id and version = :version

statement what_if_list many "newest first"
  route institution
  in most int
  select institution, id, version, a, b, minutes, seeds, state, part, heard_at, result, note, asked_name, asked_at, ended_at from what_if
  where institution = :institution order by institution desc, id desc limit :most

# --- What the brain found in the street, for the desk of the office (incidents.h)

table street_incident "a vehicle that stood where it should not, or a lane that let nobody pass: reported once"
  institution  id       internal  "who looks after the signals"
  id           id       internal  "ordered in time"
  version      int      internal  "root row version"
  net          id       internal  "of which street"
  link         int      internal  "its number in the net"
  street       text     public    "its name, or the link's id"
  place        int      public    "decimetres from the link's begin"
  kind         int      public    "enum frame_incident_kind"
  sure         int      public    "percent"
  state        int      public    "enum incident_state"
  since        instant  public    "when it was found, by the street's clock"
  reported_at  instant  internal  "when it was written down here"
  taken_by     id       internal  "account of who looks after it; 0: nobody yet"
  taken_name   text     internal  "the name then"
  taken_at     instant? internal  "when"
  ended_at     instant? public    "when it was over"
  key institution id
  index by_state institution state id

statement street_incident_report root exec 1 "the guard of reports: one after the other, so that none is written twice"
  route institution
  update street set net = net where institution = :institution

statement street_incident_add exec 1
  route institution
  insert into street_incident (institution, id, version, net, link, street, place, kind, sure, state, since, reported_at, taken_by,
    taken_name)
  values (:institution, :id, 1, :net, :link, :street, :place, :kind, :sure, :state, :since, :reported_at, 0, '')

statement street_incident_end exec any
  route institution
  update street_incident set version = version + 1, state = :state, ended_at = :ended_at
  where institution = :institution and id = :id

statement street_incident_look root exec 1 "somebody looks after it"
  route institution
  update street_incident set version = version + 1, state = :state, taken_by = :taken_by, taken_name = :taken_name, taken_at = :taken_at
  where institution = :institution and id = :id and version = :version

statement street_incident_get maybe
  route institution
  select institution, id, version, street, state from street_incident where institution = :institution and id = :id

statement street_incidents_in many "of one state, newest first"
  route institution
  in most int
  select institution, id, version, net, link, street, place, kind, sure, state, since, reported_at, taken_by, taken_name, taken_at, ended_at
  from street_incident where institution = :institution and state = :state order by institution desc, state desc, id desc limit :most
