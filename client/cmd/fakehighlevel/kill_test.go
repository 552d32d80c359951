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

// ledger is what the fake has confirmed: the city of each contact that must exist, and the IDs that
// must not exist any more. Requests without a response may have been applied or not and are left out.
type ledger struct {
	mu      sync.Mutex
	cities  map[string]string
	deleted map[string]bool
}

// A fake that is killed at any time has stored all that it confirmed.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	lives := 12
	if testing.Short() {
		lives = 3
	}
	path := filepath.Join(t.TempDir(), "state.jsonl")
	book := &ledger{cities: map[string]string{}, deleted: map[string]bool{}}
	for life := range lives {
		live(t, path, book, life)
		s, err := clienttest.Start(clienttest.WithState(path), clienttest.WithoutSocket())
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
		book.check(t, s)
		s.Close()
	}
	if len(book.cities) < lives || len(book.deleted) == 0 {
		t.Errorf("hardly anything was written: %d contacts, %d deleted", len(book.cities), len(book.deleted))
	}
}

// live starts the fake as a process, writes to it from several goroutines and kills it during the writes.
func live(t *testing.T, path string, book *ledger, life int) {
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
		t.Fatalf("the child said %q, %v", line, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writers sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	defer transport.CloseIdleConnections()
	for n := range 4 {
		writers.Go(func() { book.write(ctx, transport, found[1], fmt.Sprintf("%d-%d", life, n)) })
	}
	death := time.NewTimer(20*time.Millisecond + rand.N(150*time.Millisecond))
	defer death.Stop()
	<-death.C
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out) // until the child is gone
	_ = child.Wait()                // it was killed, as it should be
	cancel()
	writers.Wait()
}

// write creates, updates and deletes contacts until the fake has gone.
func (l *ledger) write(ctx context.Context, transport http.RoundTripper, url, writer string) {
	for i := 0; ; i++ {
		city := fmt.Sprintf("%s-%d", writer, i)
		id, ok := send(ctx, transport, "POST", url+"/contacts/", `{"locationId":"L","city":"`+city+`","source":"`+strings.Repeat("x", 500)+`"}`)
		if !ok {
			return
		}
		if i%2 == 0 {
			l.exists(id, city)
			continue
		}
		// Until the update or the delete is confirmed nothing is certain.
		if _, ok := send(ctx, transport, "PUT", url+"/contacts/"+id, `{"city":"`+city+`b"}`); !ok {
			return
		}
		if i%3 > 0 {
			l.exists(id, city+"b")
			continue
		}
		if _, ok := send(ctx, transport, "DELETE", url+"/contacts/"+id, ""); !ok {
			return
		}
		l.isGone(id)
	}
}

func (l *ledger) exists(id, city string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cities[id] = city
}

func (l *ledger) isGone(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleted[id] = true
}

func (l *ledger) check(t *testing.T, s *clienttest.Server) {
	t.Helper()
	for id, city := range l.cities {
		if contact, ok := s.Contact(id); !ok || contact.City != city {
			t.Errorf("%s: city %q, want %q", id, contact.City, city)
		}
	}
	for id := range l.deleted {
		if _, ok := s.Contact(id); ok {
			t.Errorf("%s: deleted, and back again", id)
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
	var answer struct{ Contact struct{ ID string } }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode > 299 {
		return "", false
	}
	return answer.Contact.ID, true
}
