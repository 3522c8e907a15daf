package guide_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/peerage-go/peerage/internal/selfsigned"
	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
	"github.com/peerage-go/peerage/transport"
)

// TestNginx plays through an nginx that is set up as the page says, with a client's address from further away.
func TestNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx here")
	}
	page, err := os.ReadFile("deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("deploying.md shows no configuration of nginx")
	}

	hosts := make(chan string, 2)
	peer, err := multiplayer.NewServer(&multiplayer.Options{
		HandshakeTimeout: time.Minute, // nginx has to start
		Transport:        transport.Options{TrustedProxies: []string{"127.0.0.1"}},
		Admit: func(r *http.Request) (any, error) {
			hosts <- r.Host
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	game, err := rpc.New(peer, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	address := make(chan string, 2)
	game.OnPeerConnected = func(id rpc.PeerID) { address <- peer.PeerAddress(id) }
	go func() { ended <- game.Run(ctx, 0, nil) }()
	defer func() {
		stop()
		<-ended
		game.Close()
	}()
	mux := http.NewServeMux()
	mux.Handle("/play", peer)
	site := httptest.NewServer(mux)
	defer site.Close()

	server, client := selfsigned.Certificate(t, "127.0.0.1")
	dir := t.TempDir()
	cert := server.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certFile := write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
	keyFile := write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))

	at := startNginx(t, nginx, dir, func(at string) string {
		return strings.NewReplacer("443", at, "127.0.0.1:9080", site.Listener.Addr().String(),
			"/etc/ssl/game.example.pem", certFile, "/etc/ssl/game.example.key", keyFile).Replace(string(block[1]))
	})
	for _, wire := range []multiplayer.Wire{multiplayer.Peerage, multiplayer.Godot} {
		client, err := multiplayer.Dial("wss://"+at+"/game/play", &multiplayer.Options{Wire: wire, HandshakeTimeout: time.Minute, Transport: transport.Options{
			TLSConfig:        client,
			HandshakeHeaders: http.Header{"Origin": {"https://127.0.0.1"}, "X-Forwarded-For": {"203.0.113.9"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for client.ConnectionStatus() == multiplayer.Connecting {
			client.Wait(t.Context())
			client.Poll()
		}
		if client.ConnectionStatus() != multiplayer.Connected {
			t.Fatal(client.Err())
		}
		if host := <-hosts; host != "127.0.0.1" {
			t.Errorf("%v: the program sees the host %q", wire, host)
		}
		if a := <-address; a != "203.0.113.9" {
			t.Errorf("%v: the player's address is %q", wire, a)
		}
		client.Close()
	}
}

// startNginx starts an nginx with a server block, and gives its address. The block is made for that. nginx inherits the
// listener, as it does when it is replaced while it runs, so that nobody can take the port before it, and who connects
// waits until it is there.
func startNginx(t *testing.T, nginx, dir string, block func(at string) string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	at := ln.Addr().String()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	conf := "daemon off;\nworker_processes 1;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\n\taccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += "\t" + kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(conf+block(at)+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(nginx, "-e", "stderr", "-p", dir, "-c", config)
	c.Env, c.ExtraFiles = append(os.Environ(), "NGINX=3;"), []*os.File{file} // the first of them is 3
	c.Stdout, c.Stderr = t.Output(), t.Output()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM) // to the one that ends its workers
		c.Wait()
	})
	return at
}
