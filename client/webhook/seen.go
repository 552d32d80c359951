package webhook

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrInProgress is returned by [Seen.Begin] while another delivery of the event is in progress.
var ErrInProgress = errors.New("another delivery of the event is in progress")

// Seen remembers which events have been delivered. Implementations must be safe for concurrent use.
// Without [WithSeen], the handler remembers the last 65,536 events, in memory. Use
// [github.com/highlevel-contacts/contacts-go/client/postgres.NewSeen] if several processes receive
// webhooks, or to remember events across restarts.
type Seen interface {
	// Begin claims the event for a delivery until the deadline of ctx. seen reports whether the
	// event was delivered before; done is then nil. Begin returns ErrInProgress if another claim
	// has neither ended nor expired.
	//
	// done ends the claim, also after the end of ctx. If delivered is true, the event is remembered,
	// even if the claim has expired; otherwise the event can be claimed again.
	Begin(ctx context.Context, id string) (done func(delivered bool) error, seen bool, err error)
}

// memoryCapacity is the number of delivered events that a memorySeen remembers.
const memoryCapacity = 1 << 16

// memorySeen is a [Seen] in memory. It forgets the oldest delivered events. Its claims are not
// limited, because each belongs to a request in progress.
type memorySeen struct {
	mu        sync.Mutex
	claims    map[string]*claim
	delivered map[string]bool
	ids       []string // ring of the delivered IDs
	oldest    int      // index in ids once it is full
	capacity  int
}

// claim is the claim of a delivery in progress.
type claim struct {
	expires time.Time // zero if the claim does not expire
}

func newMemorySeen(capacity int) *memorySeen {
	return &memorySeen{claims: make(map[string]*claim), delivered: make(map[string]bool), capacity: capacity}
}

func (m *memorySeen) Begin(ctx context.Context, id string) (done func(delivered bool) error, seen bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.delivered[id] {
		return nil, true, nil
	}
	if other := m.claims[id]; other != nil && (other.expires.IsZero() || time.Now().Before(other.expires)) {
		return nil, false, ErrInProgress
	}
	own := new(claim)
	own.expires, _ = ctx.Deadline()
	m.claims[id] = own
	return func(delivered bool) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.claims[id] == own {
			delete(m.claims, id)
		}
		if delivered && !m.delivered[id] {
			m.remember(id)
		}
		return nil
	}, false, nil
}

// remember adds a delivered event, in place of the oldest one if the ring is full.
func (m *memorySeen) remember(id string) {
	m.delivered[id] = true
	if len(m.ids) < m.capacity {
		m.ids = append(m.ids, id)
		return
	}
	delete(m.delivered, m.ids[m.oldest])
	m.ids[m.oldest] = id
	m.oldest = (m.oldest + 1) % m.capacity
}
