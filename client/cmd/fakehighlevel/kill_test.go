package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// ledger records the writes that the fake has confirmed: the city of each contact that must exist,
// and the IDs of contacts that must not exist. It has no writes without a response, because they
// may or may not have been applied.
type ledger struct {
	mu      sync.Mutex
	cities  map[string]string
	deleted map[string]bool
}

// A fake that is killed at any time has stored every write that it confirmed.
func TestRun_KillLosesNothing(t *testing.T) {
	t.Parallel()
	runs := 12
	if testing.Short() {
		runs = 3
	}
	path := filepath.Join(t.TempDir(), "state.jsonl")
	book := &ledger{cities: map[string]string{}, deleted: map[string]bool{}}
	for n := range runs {
		runAndKill(t, path, book, n)
		s, err := clienttest.Start(clienttest.WithState(path), clienttest.WithoutSocket())
		if err != nil {
			t.Fatalf("run %d: %v", n, err)
		}
		book.check(t, s)
		s.Close()
	}
	if len(book.cities) < runs || len(book.deleted) == 0 {
		t.Errorf("got %d contacts and %d deleted ones, want more writes", len(book.cities), len(book.deleted))
	}
}

// runAndKill starts the fake as a process, writes to it from several goroutines and kills it during
// the writes.
func runAndKill(t *testing.T, path string, book *ledger, run int) {
	t.Helper()
	args := []string{"-addr", "127.0.0.1:0", "-token", "pit-test", "-location", "L", "-contacts", "0", "-rate", "off", "-state", path}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childArgs+"="+strings.Join(args, "\n"))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := greeting.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("got %q, %v from the process", line, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writers sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	defer transport.CloseIdleConnections()
	for n := range 4 {
		writers.Go(func() { book.write(ctx, transport, found[1], fmt.Sprintf("%d-%d", run, n)) })
	}
	kill := time.NewTimer(20*time.Millisecond + rand.N(150*time.Millisecond))
	defer kill.Stop()
	<-kill.C
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out) // until the process has ended
	_ = child.Wait()                // the error says that it was killed
	cancel()
	writers.Wait()
}

// write creates, updates and deletes contacts until a request fails.
func (l *ledger) write(ctx context.Context, transport http.RoundTripper, url, writer string) {
	for i := 0; ; i++ {
		city := fmt.Sprintf("%s-%d", writer, i)
		id, ok := send(ctx, transport, "POST", url+"/contacts/", `{"locationId":"L","city":"`+city+`","source":"`+strings.Repeat("x", 500)+`"}`)
		if !ok {
			return
		}
		if i%2 == 0 {
			l.recordWrite(id, city)
			continue
		}
		// Until the update or the delete is confirmed, the contact is not in the ledger.
		if _, ok := send(ctx, transport, "PUT", url+"/contacts/"+id, `{"city":"`+city+`b"}`); !ok {
			return
		}
		if i%3 > 0 {
			l.recordWrite(id, city+"b")
			continue
		}
		if _, ok := send(ctx, transport, "DELETE", url+"/contacts/"+id, ""); !ok {
			return
		}
		l.recordDelete(id)
	}
}

func (l *ledger) recordWrite(id, city string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cities[id] = city
}

func (l *ledger) recordDelete(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[id] = true
}

func (l *ledger) check(t *testing.T, s *clienttest.Server) {
	t.Helper()
	for id, city := range l.cities {
		if contact, ok := s.Contact(id); !ok || contact.City != city {
			t.Errorf("%s: got city %q, want %q", id, contact.City, city)
		}
	}
	for id := range l.deleted {
		if _, ok := s.Contact(id); ok {
			t.Errorf("%s: got the contact, want it deleted", id)
		}
	}
}

// send reports whether a complete 2xx response arrived.
func send(ctx context.Context, transport http.RoundTripper, method, url, body string) (id string, ok bool) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", false
	}
	request.Header = http.Header{"Version": {"2021-07-28"}, "Authorization": {"Bearer pit-test"}, "Content-Type": {"application/json"}}
	resp, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	var result struct{ Contact struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&result); err != nil || resp.StatusCode > 299 {
		return "", false
	}
	return result.Contact.ID, true
}
