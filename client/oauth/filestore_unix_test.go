//go:build unix

package oauth_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// A process that can write no more than 100 bytes to a file has a store that is like one on a full
// disk. It reports the error before it sends the refresh token, and does not change the file.
func TestFileStore_DiskFull(t *testing.T) {
	t.Parallel()
	const environment = "OAUTH_TEST_FULL_DISK"
	i, path := newInstallation(t, oauth.UserTypeLocation, -time.Hour), os.Getenv(environment)
	if path != "" { // in the child process
		limit := syscall.Rlimit{Cur: 100, Max: 100}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		file := oauth.NewFileStore(path)
		_, err := i.app.Source(file).Token(t.Context())
		wantError(t, err, nil, "too large")
		stored, _ := file.Load(t.Context())
		_, err = file.CompareAndSwap(t.Context(), stored.RefreshToken, newCredential("a"))
		wantError(t, err, nil, "too large")
		i.wantRequests(t, 0)
		return
	}
	path = filepath.Join(t.TempDir(), "credential.json")
	file := oauth.NewFileStore(path)
	save(t, file, i.newCredential(t, i.userType, -time.Hour))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFileStore_DiskFull$", "-test.v")
	command.Env = append(os.Environ(), environment+"="+path)
	if output, err := command.CombinedOutput(); err != nil || !bytes.Contains(output, []byte("--- PASS: TestFileStore_DiskFull")) {
		t.Errorf("child process: got %v\n%s", err, output)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("got another file than before, %v", err)
	}
	i.source = i.app.Source(file)
	i.wantToken(t.Context(), t, 3) // the disk has space again
}
