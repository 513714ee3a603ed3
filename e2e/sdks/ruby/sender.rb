# Sends events with Segment's Ruby SDK, as its standard input says, and tells what the SDK reports of each.
#
# Arguments: the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.
# The SDK does not say which events an error is about, so each flush is one question: what it reports then is of all events since the last.

require 'json'
require 'logger'
require 'uri'
require 'segment/analytics'

if ARGV[0] == 'version'
  puts Segment::Analytics::VERSION
  exit
end

$stdout.sync = true
# The SDK takes `ssl: false` for nothing said, and uses TLS.
Segment::Analytics::Transport.prepend(Module.new do
  def initialize(options = {})
    super
    @http.use_ssl = false
  end
end)

url = URI(ARGV[0])
errors = []
Segment::Analytics::Logging.logger = Logger.new(File::NULL)
analytics = Segment::Analytics.new(
  write_key: ARGV[1], host: url.host, port: url.port, ssl: false, path: "#{url.path}/v1/import",
  on_error: proc { |status, error| errors << "#{status} #{error}" }
)

group = []
flush = lambda do
  analytics.flush
  group.each { |id| puts(errors.empty? ? "sent #{id}" : "failed #{id} #{errors.first.to_s[0, 200].tr("\n", ' ')}") }
  group.clear
  errors.clear
end

$stdin.each_line do |line|
  word, id, bytes = line.split
  next flush.call if word == 'flush'

  if word == 'call'
    fields = JSON.parse(line.split(' ', 3)[2])
    next analytics.public_send(id, fields.transform_keys { |name| name.gsub(/[A-Z]/) { "_#{_1.downcase}" }.to_sym })
  end

  group << id
  analytics.track(user_id: id.split('/')[0], event: 'Größe gewählt', message_id: id,
                  properties: { id: id, filling: 'ä' * (bytes.to_i / 2) })
end
flush.call
