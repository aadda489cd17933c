# SPDX-License-Identifier: ISC
# Net::SCP of Ruby, which quotes remote paths by itself.
require 'net/scp'

action = ARGV.shift
flags = []
flags << ARGV.shift while %w[-p -r -g].include?(ARGV[0])
exit 3 if flags.include?('-g') || ARGV.length != 2

ssh = { port: ENV['M_PORT'].to_i, keys: [ENV['M_DIR'] + '/key'],
        keys_only: true, config: false, use_agent: false,
        user_known_hosts_file: ENV['M_DIR'] + '/known_hosts',
        non_interactive: true }
options = { recursive: flags.include?('-r'), preserve: flags.include?('-p') }
begin
  Net::SSH.start(ENV['M_HOST'], ENV['M_USER'], ssh) do |session|
    if action == 'put'
      session.scp.upload!(ARGV[1], ARGV[0], options)
    else
      session.scp.download!(ARGV[1], ARGV[0], options)
    end
  end
rescue Net::SSH::Exception => e
  abort "broken: #{e.message}"
rescue RuntimeError, ArgumentError => e
  # Both what it read and what it makes of the exit status.
  warn e.message, e.cause&.message
  exit 4
end
