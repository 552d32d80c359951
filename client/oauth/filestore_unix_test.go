//go:build unix

package oauth_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	if path := os.Getenv(environment); path != "" { // in the child process
		testDiskFull(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "credential.json")
	api := newFakeAPI(oauth.UserTypeLocation)
	api.install(t, oauth.NewFileStore(path), -time.Hour)
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
	wantToken(t.Context(), t, newApp(t, config(api)).Source(oauth.NewFileStore(path)), "access-2") // the disk has space again
}

func testDiskFull(t *testing.T, path string) {
	t.Helper()
	limit := syscall.Rlimit{Cur: 100, Max: 100}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	store := oauth.NewFileStore(path)
	stored, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api := newFakeAPI(oauth.UserTypeLocation)
	_, tokenErr := newApp(t, config(api)).Source(store).Token(t.Context())
	swapped, swapErr := store.CompareAndSwap(t.Context(), stored.RefreshToken, newCredential("a"))
	for _, err := range []error{tokenErr, swapErr} {
		if err == nil || swapped || !strings.Contains(err.Error(), "too large") {
			t.Errorf("got %v, want an error of the disk", err)
		}
	}
	wantRequests(t, api, 0)
}
