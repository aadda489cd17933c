// SPDX-License-Identifier: ISC
// What both drivers in Java share: they play all the cells of a client in one
// process, for a virtual machine starts slowly.  drive.sh says how.
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.Arrays;

class Cells {
	/* The client has no such operation. */
	static class NotDone extends Exception {
	}

	interface Client {
		/* An IOException is a failure that the client reports. */
		void play(String user, boolean put, String flag, String[] paths)
			throws Exception;
	}

	static int play(Client client, String[] words) {
		int first = words[2].matches("-[prg]") ? 3 : 2;
		try {
			client.play(words[0], words[1].equals("put"),
				first == 3 ? words[2] : "", Arrays.copyOfRange(
				words, first, words.length));
		} catch (NotDone e) {
			return 3;
		} catch (IOException e) {
			System.err.println(e + ": " + e.getCause());
			return 4;
		} catch (Exception e) {
			System.err.println(e);
			return 2;
		}
		return 0;
	}

	static void playAll(Client client) throws IOException {
		BufferedReader in = new BufferedReader(new InputStreamReader(
			System.in, Charset.defaultCharset()));
		for (String line = in.readLine(); line != null;
				line = in.readLine())
			System.out.println(play(client, line.split("\t")));
	}
}
