<?php
// SPDX-License-Identifier: ISC
// ssh2_scp_send and ssh2_scp_recv of PHP's ssh2 extension, on libssh2.
array_shift($argv);
$action = array_shift($argv);
if (preg_match('/^-[prg]$/', $argv[0]) || count($argv) != 2)
	exit(3);
$dir = getenv('M_DIR');
$ssh = ssh2_connect(getenv('M_HOST'), (int)getenv('M_PORT'));
if (!ssh2_auth_pubkey_file($ssh, getenv('M_USER'), "$dir/key.pub", "$dir/key"))
	exit(2);
if ($action == 'put') {
	$good = ssh2_scp_send($ssh, $argv[1], $argv[0], 0644);
	// It takes no final answer, and sshd drops what it has not handed on
	// when the connection goes: whoever needs the file waits for it.
	for ($i = 0; $good && $i < 50; $i++) {
		if (@ssh2_scp_recv($ssh, $argv[0], '/dev/null'))
			break;
		usleep(100000);
	}
} else {
	$good = ssh2_scp_recv($ssh, $argv[1], $argv[0]);
}
exit($good ? 0 : 4);
