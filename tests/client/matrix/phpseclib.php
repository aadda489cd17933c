<?php
// SPDX-License-Identifier: ISC
// phpseclib 2: an upload and a download of one file.
require 'phpseclib/autoload.php';

array_shift($argv);
$action = array_shift($argv);
if (preg_match('/^-[prg]$/', $argv[0]) || count($argv) != 2)
	exit(3);
$key = new phpseclib\Crypt\RSA();
$key->loadKey(file_get_contents(getenv('M_DIR') . '/key'));
$ssh = new phpseclib\Net\SSH2(getenv('M_HOST'), (int)getenv('M_PORT'));
if (!$ssh->login(getenv('M_USER'), $key))
	exit(2);
$scp = new phpseclib\Net\SCP($ssh);
if ($action == 'put')
	$good = $scp->put($argv[0], $argv[1],
	    phpseclib\Net\SCP::SOURCE_LOCAL_FILE);
else
	$good = $scp->get($argv[1], $argv[0]);
exit($good ? 0 : 4);
