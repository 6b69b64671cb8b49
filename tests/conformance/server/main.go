// Command server runs etcd and kube-apiserver in one process on loopback. Nothing is
// scheduled; every request meets the real admission, defaulting and validation.
//
//	server DIR PORT TOKEN
//
// DIR keeps its state, PORT and the two after it are used, TOKEN is the administrator's.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	flags, err := prepare(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
	os.Args = append(os.Args[:1], flags...)
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

// prepare starts etcd, writes what the API server reads, and gives the flags to run it with.
func prepare(args []string) ([]string, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("usage: server DIR PORT TOKEN")
	}
	dir, token := args[0], args[2]
	port, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	etcd, err := startEtcd(filepath.Join(dir, "etcd"), port+1)
	if err != nil {
		return nil, err
	}
	key, tokens := filepath.Join(dir, "service-accounts.key"), filepath.Join(dir, "tokens.csv")
	if err := writeKey(key); err != nil {
		return nil, err
	}
	if err := os.WriteFile(tokens, []byte(token+",admin,1,system:masters\n"), 0o600); err != nil {
		return nil, err
	}
	return []string{
		"--etcd-servers=" + etcd,
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port),
		"--cert-dir=" + filepath.Join(dir, "certificates"),
		"--token-auth-file=" + tokens,
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + key,
		"--service-account-signing-key-file=" + key,
		"--service-cluster-ip-range=10.0.0.0/16",
		"--allow-privileged=true",
		// No controller makes the default accounts that this plugin would demand of pods.
		"--disable-admission-plugins=ServiceAccount",
	}, nil
}

// startEtcd serves clients on port and peers on the next one, from an empty store.
func startEtcd(dir string, port int) (string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	loopback := func(port int) []url.URL {
		return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
	}
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	config.ListenClientUrls, config.AdvertiseClientUrls = loopback(port), loopback(port)
	config.ListenPeerUrls, config.AdvertisePeerUrls = loopback(port+1), loopback(port+1)
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return config.ListenClientUrls[0].String(), nil
	case <-time.After(30 * time.Second):
		return "", fmt.Errorf("etcd is not ready after 30 s")
	}
}

func writeKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(path, pem.EncodeToMemory(&block), 0o600)
}
