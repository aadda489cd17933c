// SPDX-License-Identifier: ISC
// The SCPClient of Trilead SSH2: always -d, and an E behind each upload.  With
// another package name it is that of Ganymed.
import com.trilead.ssh2.Connection;
import com.trilead.ssh2.SCPClient;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;

class Trilead {
	/* The library leaves quoting to its user. */
	static String quote(String path) {
		return "'" + path.replace("'", "'\\''") + "'";
	}

	static void put(SCPClient scp, String remote, String[] files)
			throws IOException {
		if (files.length > 1) {
			scp.put(files, quote(remote), "0644");
			return;
		}
		int slash = remote.lastIndexOf('/');
		String dir = slash < 0 ? "." : remote.substring(0, slash);
		scp.put(files[0], remote.substring(slash + 1), quote(dir),
			"0644");
	}

	/* It writes to a directory, under the names that come. */
	static void get(SCPClient scp, String local, String[] files)
			throws IOException {
		String[] quoted = files.clone();
		for (int i = 0; i < quoted.length; i++)
			quoted[i] = quote(files[i]);
		if (files.length > 1) {
			scp.get(quoted, local);
			return;
		}
		File target = new File(local);
		scp.get(quoted, target.getParent());
		String name = files[0].substring(files[0].lastIndexOf('/') + 1);
		new File(target.getParent(), name).renameTo(target);
	}

	static void play(String user, boolean put, String flag, String[] paths)
			throws Exception {
		if (!flag.isEmpty())
			throw new Cells.NotDone();
		String[] files = Arrays.copyOfRange(paths, 1, paths.length);
		Connection conn = new Connection(System.getenv("M_HOST"),
			Integer.parseInt(System.getenv("M_PORT")));
		conn.connect();
		try {
			if (!conn.authenticateWithPublicKey(user, new File(
				System.getenv("M_DIR") + "/key"), ""))
				throw new IllegalStateException("no login");
			if (put)
				put(conn.createSCPClient(), paths[0], files);
			else
				get(conn.createSCPClient(), paths[0], files);
		} finally {
			conn.close();
		}
	}

	public static void main(String[] args) throws IOException {
		Cells.playAll(Trilead::play);
	}
}
