package clienttest_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// receiver receives webhooks and verifies their signatures.
type receiver struct {
	key    ed25519.PublicKey
	answer func(call int) int // the status of each response; nil means 200

	mu       sync.Mutex
	calls    int
	accepted []map[string]any
	refused  int // signatures
	bodies   []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	signature, err2 := base64.StdEncoding.DecodeString(request.Header.Get("X-GHL-Signature"))
	var event map[string]any
	err3 := json.Unmarshal(body, &event)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if err != nil || err2 != nil || err3 != nil || request.Header.Get("Content-Type") != "application/json" || !ed25519.Verify(r.key, body, signature) {
		r.refused++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.bodies = append(r.bodies, string(body))
	status := http.StatusOK
	if r.answer != nil {
		status = r.answer(r.calls)
	}
	if status == http.StatusOK {
		r.accepted = append(r.accepted, event)
	}
	w.WriteHeader(status)
}

// types returns the types of the accepted webhooks.
func (r *receiver) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	types := []string{}
	for _, event := range r.accepted {
		types = append(types, str(event["type"]))
	}
	return types
}

// withReceiver runs a test in a bubble with a fake that sends its webhooks to a receiver.
func withReceiver(t *testing.T, test func(t *testing.T, w *wire, r *receiver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, clienttest.WithoutSocket())
		r := &receiver{key: w.server.WebhookKey()}
		w.server.HandleWebhooks(r)
		test(t, w, r)
	})
}

// Each change sends the webhook with the properties that were recorded.
func TestWebhooks_Contacts(t *testing.T) {
	t.Parallel()
	withReceiver(t, func(t *testing.T, w *wire, r *receiver) {
		w.server.Seed(gen.Contact{FirstName: "Seeded"})
		id := w.create(`"firstName":"Jane","lastName":"Example","email":"jane@example.com","tags":["New"]`)
		change := func(method, path, body string) {
			time.Sleep(time.Second) // in the bubble: dateUpdated changes
			if reply := w.do(method, "/contacts/"+path, body); reply.status > 299 {
				t.Fatalf("%s %s: got %d %s", method, path, reply.status, reply.text)
			}
		}
		change("PUT", id, `{"city":"Oslo","dateOfBirth":"1983-02-02"}`)
		change("PUT", id, `{"city":"Oslo"}`) // no change
		change("POST", id+"/tags", `{"tags":["VIP"]}`)
		change("PUT", id, `{"dnd":true,"address1":"1 Example Street"}`)
		change("POST", "upsert", `{"locationId":"`+w.server.LocationID+`","email":"jane@example.com","dnd":false}`)
		change("DELETE", id, "")
		w.server.WaitForWebhooks()
		want := []string{"ContactCreate", "ContactUpdate", "ContactTagUpdate", "ContactDndUpdate", "ContactUpdate", "ContactDndUpdate", "ContactDelete"}
		if diff := cmp.Diff(want, r.types()); diff != "" {
			t.Fatalf("types (-want +got):\n%s", diff)
		}
		const always = "type locationId versionId appId id firstName lastName email country tags dateAdded customFields timestamp webhookId"
		for i, also := range map[int]string{0: "", 1: "city dateOfBirth", 3: "city dateOfBirth address1 dnd", 5: "city dateOfBirth address1 dnd", 6: "city dateOfBirth address1"} {
			want := slices.Sorted(slices.Values(strings.Fields(always + " " + also)))
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(r.accepted[i]))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", r.accepted[i]["type"], diff)
			}
		}
		tags, last := r.accepted[2], r.accepted[6]
		if diff := cmp.Diff([]any{"new", "vip"}, tags["tags"]); diff != "" || r.accepted[5]["dnd"] != false || last["dateOfBirth"] != "1983-02-02T00:00:00.000Z" {
			t.Errorf("got %v and %v, want all tags, and the last state of the contact", tags, last)
		}
		if last["appId"] != "60e1f3f2a8b7c40001a1b2c3" || last["id"] != id || last["timestamp"] != time.Now().UTC().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("got %v, want the app, the contact and the time", last)
		}
	})
}

func TestWebhooks_Install(t *testing.T) {
	t.Parallel()
	withReceiver(t, func(t *testing.T, w *wire, r *receiver) {
		pair := w.exchange(clienttest.Grant{})
		w.exchange(clienttest.Grant{UserType: clienttest.UserTypeCompany})
		w.server.Uninstall(w.server.LocationID)
		w.server.Uninstall("")
		w.server.WaitForWebhooks()
		if diff := cmp.Diff([]string{"INSTALL", "INSTALL", "UNINSTALL", "UNINSTALL"}, r.types()); diff != "" {
			t.Fatalf("types (-want +got):\n%s", diff)
		}
		const install = "appId companyId companyName installType isWhitelabelCompany locationId timestamp trial type userId versionId webhookId whitelabelDetails"
		for i, want := range []string{install, strings.ReplaceAll(install, "locationId ", ""), "appId locationId timestamp type versionId webhookId", "appId companyId timestamp type versionId webhookId"} {
			if got := strings.Join(slices.Sorted(maps.Keys(r.accepted[i])), " "); got != want {
				t.Errorf("webhook %d: got %s, want %s", i, got, want)
			}
		}
		if w.status(pair.at("access_token")) != 401 || w.refresh(pair.at("refresh_token")).status != 400 || w.status(w.server.Token) != 400 {
			t.Error("got valid tokens of the removed app, or an invalid integration token")
		}
	})
}

// Every response but 2xx is retried up to 12 times with the same body, and the time between retries
// doubles.
func TestWebhooks_Retries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer            func(call int) int
		attempts          int
		first, lastStatus int
	}{
		"redirect":    {func(int) int { return http.StatusFound }, 13, 302, 302},
		"no response": {func(int) int { panic("no response") }, 13, 0, 0},
		"success in the end": {func(call int) int {
			return []int{0, 401, 503, 200}[call]
		}, 3, 401, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withReceiver(t, func(t *testing.T, w *wire, r *receiver) {
				r.answer = test.answer
				w.create("")
				w.server.WaitForWebhooks()
				for i := range test.attempts - 1 {
					w.server.Advance(10*time.Second<<i - 1)
					w.server.WaitForWebhooks()
					if n := len(r.bodies); n != i+1 {
						t.Errorf("got %d attempts just before retry %d, want %d", n, i+1, i+1)
					}
					w.server.Advance(1)
					w.server.WaitForWebhooks()
					if n := len(r.bodies); n != i+2 {
						t.Errorf("got %d attempts with retry %d, want %d", n, i+1, i+2)
					}
				}
				w.server.Advance(1000 * time.Hour)
				w.server.WaitForWebhooks()
				if len(r.bodies) != test.attempts || len(slices.Compact(r.bodies)) != 1 {
					t.Errorf("got %d attempts, want %d with the same body", len(r.bodies), test.attempts)
				}
				d := w.server.Deliveries()
				if len(d) != test.attempts || d[0].Status != test.first || (d[0].Error != "") != (test.first == 0) || d[len(d)-1].Attempt != test.attempts ||
					d[len(d)-1].Status != test.lastStatus || d[0].Type != "ContactCreate" || d[0].LocationID != w.server.LocationID {
					t.Errorf("got deliveries %+v, want %d from status %d to %d", d, test.attempts, test.first, test.lastStatus)
				}
			})
		})
	}
}

func TestInjectWebhookFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  clienttest.WebhookFault
		want   string // numbers of the contacts whose webhook is accepted, in order
		marks  string // different values of Fault of the deliveries
		copies int    // of signatures that are refused
	}{
		"none":     {clienttest.WebhookFault{Type: "ContactDelete", Lost: true}, "0 1 2", "", 0},
		"lost":     {clienttest.WebhookFault{Count: 2, Lost: true}, "2", "lost", 0},
		"late":     {clienttest.WebhookFault{Count: 1, Delay: time.Minute}, "1 2 0", "", 0},
		"repeated": {clienttest.WebhookFault{Type: "ContactCreate", Count: 1, Repeated: true}, "0 0 1 2", "repeated", 0},
		"forged":   {clienttest.WebhookFault{Count: 1, Forged: true}, "0 1 2", "forged", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withReceiver(t, func(t *testing.T, w *wire, r *receiver) {
				w.server.InjectWebhookFaults(test.fault)
				for i := range 3 {
					w.create(fmt.Sprintf(`"firstName":"%d"`, i))
					w.server.WaitForWebhooks()
				}
				time.Sleep(time.Hour)
				w.server.WaitForWebhooks()
				var names, marks []string
				for _, event := range r.accepted {
					names = append(names, str(event["firstName"]))
				}
				for _, d := range w.server.Deliveries() {
					marks = append(marks, strings.Fields(d.Fault)...)
				}
				if got := strings.Join(names, " "); got != test.want || strings.Join(slices.Compact(marks), " ") != test.marks || r.refused != test.copies {
					t.Errorf("got webhooks of %s, %v and %d refused ones, want %s, %s and %d", got, marks, r.refused, test.want, test.marks, test.copies)
				}
				w.server.ClearFaults()
				w.create("")
				w.server.WaitForWebhooks()
				if n := len(r.accepted); n != len(names)+1 {
					t.Errorf("got %d webhooks after ClearFaults, want one more than %d", n, len(names))
				}
			})
		})
	}
}

// With a URL the webhooks are sent by HTTP, and no goroutine outlives Close.
func TestWithWebhooks(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	site := httptest.NewServer(r)
	defer site.Close()
	s, err := clienttest.Start(clienttest.WithWebhooks(site.URL + "/webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	r.key = s.WebhookKey()
	wireTo(t, s).create("")
	s.WaitForWebhooks()
	if types := r.types(); !slices.Equal(types, []string{"ContactCreate"}) {
		t.Errorf("got %v, want ContactCreate", types)
	}
	site.Close()
	wireTo(t, s).create("")
	s.WaitForWebhooks()
	if d := s.Deliveries(); len(d) != 2 || d[1].Status != 0 || d[1].Error == "" {
		t.Errorf("got deliveries %+v, want one without a response", d)
	}
	s.Close()
	s.WaitForWebhooks()
}

// Close aborts a webhook in progress.
func TestServer_Close_WebhookInProgress(t *testing.T) {
	t.Parallel()
	s, err := clienttest.Start(clienttest.WithoutSocket())
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan struct{})
	s.HandleWebhooks(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	wireTo(t, s).create("")
	<-arrived
	s.Close()
}
