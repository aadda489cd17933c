// SPDX-License-Identifier: ISC
// JSch in the manner of its examples ScpTo and ScpFrom, which programs have
// copied for twenty years: quotes around the path, a blank after T.
import com.jcraft.jsch.ChannelExec;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

class Jsch {
	static Session session;
	static InputStream in;
	static OutputStream out;

	static void start(String command) throws Exception {
		ChannelExec channel = (ChannelExec) session.openChannel("exec");
		channel.setCommand(command);
		out = channel.getOutputStream();
		in = channel.getInputStream();
		channel.connect();
	}

	static String quote(String path) {
		return "'" + path.replace("'", "'\"'\"'") + "'";
	}

	/* 0 may be success, 1 an error, 2 a fatal error; -1 the end. */
	static void checkAck() throws IOException {
		int b = in.read();
		if (b == 0)
			return;
		StringBuilder text = new StringBuilder();
		for (int c = in.read(); c > 0 && c != '\n'; c = in.read())
			text.append((char) c);
		throw new IOException(text.toString());
	}

	static void put(String remote, String local, boolean times)
			throws Exception {
		File file = new File(local);
		byte[] buf = new byte[1024];
		start("scp " + (times ? "-p" : "") + " -t " + quote(remote));
		checkAck();
		if (times) {
			String t = "T " + (file.lastModified() / 1000) + " 0"
				+ (" " + (file.lastModified() / 1000) + " 0\n");
			out.write(t.getBytes());
			out.flush();
			checkAck();
		}
		String name = local.substring(local.lastIndexOf('/') + 1);
		out.write(("C0644 " + file.length() + " " + name + "\n")
			.getBytes());
		out.flush();
		checkAck();
		FileInputStream data = new FileInputStream(file);
		for (int n = data.read(buf); n > 0; n = data.read(buf))
			out.write(buf, 0, n);
		data.close();
		buf[0] = 0;
		out.write(buf, 0, 1);
		out.flush();
		checkAck();
		out.close();
	}

	static void get(String local, String remote) throws Exception {
		byte[] buf = new byte[1024];
		start("scp -f " + quote(remote));
		out.write(0);
		out.flush();
		if (in.read() != 'C')
			throw new IOException("no file");
		in.readNBytes(buf, 0, 5);
		long left = 0;
		for (int c = in.read(); c != ' '; c = in.read())
			left = left * 10 + (c - '0');
		while (in.read() != '\n')
			continue;
		out.write(0);
		out.flush();
		FileOutputStream data = new FileOutputStream(local);
		while (left > 0) {
			int n = in.read(buf, 0, (int) Math.min(1024, left));
			if (n < 0)
				throw new IOException("no more data");
			data.write(buf, 0, n);
			left -= n;
		}
		data.close();
		checkAck();
		out.write(0);
		out.flush();
	}

	static void play(String user, boolean put, String flag, String[] paths)
			throws Exception {
		boolean times = put && flag.equals("-p");
		if (paths.length != 2 || (!times && !flag.isEmpty()))
			throw new Cells.NotDone();
		JSch jsch = new JSch();
		jsch.addIdentity(System.getenv("M_DIR") + "/key");
		session = jsch.getSession(user, System.getenv("M_HOST"),
			Integer.parseInt(System.getenv("M_PORT")));
		session.setConfig("StrictHostKeyChecking", "no");
		session.connect();
		try {
			if (put)
				put(paths[0], paths[1], times);
			else
				get(paths[0], paths[1]);
		} finally {
			session.disconnect();
		}
	}

	public static void main(String[] args) throws IOException {
		Cells.playAll(Jsch::play);
	}
}
