# SPDX-License-Identifier: ISC
# Net::SCP of Ruby, which quotes remote paths by itself.  Plays all its cells in
# one process, for it loads slowly; drive.sh says how.
require 'net/scp'

SSH = { port: ENV['M_PORT'].to_i, keys: [ENV['M_DIR'] + '/key'],
        keys_only: true, config: false, use_agent: false,
        user_known_hosts_file: ENV['M_DIR'] + '/known_hosts',
        non_interactive: true }.freeze

def play(user, action, *words)
  flags = []
  flags << words.shift while %w[-p -r -g].include?(words[0])
  return 3 if flags.include?('-g') || words.length != 2

  options = { recursive: flags.include?('-r'),
              preserve: flags.include?('-p') }
  Net::SSH.start(ENV['M_HOST'], user, SSH.dup) do |session|
    if action == 'put'
      session.scp.upload!(words[1], words[0], options)
    else
      session.scp.download!(words[1], words[0], options)
    end
  end
  0
rescue Net::SSH::Exception => e
  warn "broken: #{e.message}"
  2
rescue RuntimeError, ArgumentError => e
  # Both what it read and what it makes of the exit status.
  warn e.message, e.cause&.message
  4
end

$stdout.sync = true
while (line = $stdin.gets)
  puts play(*line.chomp.b.split("\t").map { |word| word.force_encoding('UTF-8') })
end
