// SPDX-License-Identifier: ISC

// Three manners of Go programs on golang.org/x/crypto/ssh, none of which waits
// for the first answer: that of the library go-scp, of Packer and Terraform,
// and of the snippet that everybody copies and that reads nothing.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"
)

var errNotDone = errors.New("not done by this client")

func connect() *ssh.Client {
	pem, err := os.ReadFile(os.Getenv("M_DIR") + "/key")
	if err != nil {
		log.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		log.Fatal(err)
	}
	client, err := ssh.Dial("tcp",
		os.Getenv("M_HOST")+":"+os.Getenv("M_PORT"), &ssh.ClientConfig{
			User:            os.Getenv("M_USER"),
			Auth:            []ssh.AuthMethod{ssh.PublicKeys(key)},
			HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// An exec session with both its pipes.
func open(client *ssh.Client) (*ssh.Session, io.WriteCloser, *bufio.Reader) {
	session, err := client.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	w, _ := session.StdinPipe()
	stdout, _ := session.StdoutPipe()
	return session, w, bufio.NewReader(stdout)
}

func answer(r *bufio.Reader) error {
	code, err := r.ReadByte()
	if err != nil {
		return err
	}
	if code == 0 {
		return nil
	}
	text, _, err := r.ReadLine()
	if err != nil {
		return err
	}
	return errors.New(string(text))
}

// The header and, an answer later, the data; so answers are read one late.
func sendFile(w io.Writer, r *bufio.Reader, local, name string) error {
	file, err := os.Open(local)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "C0644", info.Size(), name)
	if err := answer(r); err != nil {
		return err
	}
	if _, err := io.Copy(w, file); err != nil {
		return err
	}
	fmt.Fprint(w, "\x00")
	return answer(r)
}

func goScpPut(client *ssh.Client, remote, local string) error {
	session, w, r := open(client)
	failed := make(chan error, 1)
	go func() {
		defer w.Close()
		failed <- sendFile(w, r, local, filepath.Base(remote))
	}()
	err := session.Run(fmt.Sprintf("scp -qt %q", remote))
	if first := <-failed; first != nil {
		return first
	}
	return err
}

// What follows a header: all of it, and the end.
func receive(session *ssh.Session, w io.WriteCloser, r *bufio.Reader,
	local string, size int64) error {
	w.Write([]byte{0})
	file, err := os.Create(local)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.CopyN(file, r, size); err != nil {
		return err
	}
	if err := answer(r); err != nil {
		return err
	}
	w.Write([]byte{0})
	w.Close()
	return session.Wait()
}

func goScpGet(client *ssh.Client, local, remote string) error {
	session, w, r := open(client)
	if err := session.Start(fmt.Sprintf("scp -f %q", remote)); err != nil {
		return err
	}
	w.Write([]byte{0})
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	if line[0] != 'C' {
		return errors.New(line)
	}
	var mode, name string
	var size int64
	fmt.Sscanf(line[1:], "%s %d %s", &mode, &size, &name)
	return receive(session, w, r, local, size)
}

// The entries of a directory, without a wait for the answer to its E.
func packerTree(w io.Writer, r *bufio.Reader, local string) error {
	entries, err := os.ReadDir(local)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(local, entry.Name())
		if !entry.IsDir() {
			err = sendFile(w, r, path, entry.Name())
		} else {
			err = packerDirectory(w, r, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func packerDirectory(w io.Writer, r *bufio.Reader, local string) error {
	fmt.Fprintln(w, "D0755 0", filepath.Base(local))
	if err := answer(r); err != nil {
		return err
	}
	if err := packerTree(w, r, local); err != nil {
		return err
	}
	fmt.Fprintln(w, "E")
	return nil
}

func packerPut(client *ssh.Client, remote, local string, recurse bool) error {
	dir := strings.ReplaceAll(filepath.Dir(remote), " ", "\\ ")
	command := "scp -vt " + dir
	if recurse {
		command = "scp -rvt " + remote
	}
	session, w, r := open(client)
	if err := session.Start(command); err != nil {
		return err
	}
	var err error
	if recurse {
		err = packerDirectory(w, r, local)
	} else {
		err = sendFile(w, r, local, filepath.Base(remote))
	}
	w.Close()
	if err != nil {
		return err
	}
	return session.Wait()
}

func packerGet(client *ssh.Client, local, remote string) error {
	session, w, r := open(client)
	if err := session.Start("scp -vf " + remote); err != nil {
		return err
	}
	w.Write([]byte{0})
	var mode, name string
	var size int64
	if code, _ := r.ReadByte(); code != 'C' {
		text, _ := r.ReadString('\n')
		return errors.New(text)
	}
	if _, err := fmt.Fscanf(r, "%s %d %s\n", &mode, &size, &name); err != nil {
		return err
	}
	return receive(session, w, r, local, size)
}

// What follows the data differs from blog to blog.
func blindPut(client *ssh.Client, end, remote, local string) error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(local)
	if err != nil {
		return err
	}
	w, _ := session.StdinPipe()
	go func() {
		defer w.Close()
		fmt.Fprintf(w, "C%#o %d %s\n", 0644, len(data),
			filepath.Base(remote))
		w.Write(data)
		fmt.Fprint(w, end)
	}()
	return session.Run("/usr/bin/scp -tr " + filepath.Dir(remote))
}

func put(client *ssh.Client, manner, flag, remote, local string) error {
	switch {
	case manner == "packer" && flag != "-p":
		return packerPut(client, remote, local, flag == "-r")
	case flag != "":
		return errNotDone
	case manner == "go-scp":
		return goScpPut(client, remote, local)
	case manner == "go-blind":
		return blindPut(client, "\x00", remote, local)
	case manner == "go-blind-nl":
		return blindPut(client, "\x00\n", remote, local)
	}
	return errNotDone
}

func get(client *ssh.Client, manner, flag, local, remote string) error {
	switch {
	case flag != "":
		return errNotDone
	case manner == "go-scp":
		return goScpGet(client, local, remote)
	case manner == "packer":
		return packerGet(client, local, remote)
	}
	return errNotDone
}

func main() {
	log.SetFlags(0)
	manner, action, args := os.Args[1], os.Args[2], os.Args[3:]
	flag := ""
	if regexp.MustCompile("^-[prg]$").MatchString(args[0]) {
		flag, args = args[0], args[1:]
	}
	if len(args) != 2 {
		os.Exit(3)
	}
	var err error
	if action == "put" {
		err = put(connect(), manner, flag, args[0], args[1])
	} else {
		err = get(connect(), manner, flag, args[0], args[1])
	}
	if err == errNotDone {
		os.Exit(3)
	}
	if err != nil {
		log.Print(err)
		os.Exit(4)
	}
}
