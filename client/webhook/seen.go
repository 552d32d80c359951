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
// Without [WithSeen], the handler remembers at least the last 32,768 events, in memory. Use
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

// memoryCapacity is the number of delivered events that a memorySeen remembers at least.
const memoryCapacity = 1 << 15

// memorySeen is a [Seen] in memory. It forgets the older delivered events when there are capacity
// recent ones. Its claims are not limited, because each belongs to a request in progress.
type memorySeen struct {
	mu            sync.Mutex
	claims        map[string]*time.Time // when the claims of deliveries in progress expire; zero for never
	recent, older map[string]bool       // IDs of delivered events
	capacity      int
}

func newMemorySeen(capacity int) *memorySeen {
	return &memorySeen{claims: map[string]*time.Time{}, recent: map[string]bool{}, capacity: capacity}
}

func (m *memorySeen) Begin(ctx context.Context, id string) (done func(delivered bool) error, seen bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recent[id] || m.older[id] {
		return nil, true, nil
	}
	if other := m.claims[id]; other != nil && (other.IsZero() || time.Now().Before(*other)) {
		return nil, false, ErrInProgress
	}
	expires, _ := ctx.Deadline()
	m.claims[id] = &expires
	return func(delivered bool) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.claims[id] == &expires { // not the claim of a later delivery
			delete(m.claims, id)
		}
		if delivered {
			if len(m.recent) == m.capacity {
				m.recent, m.older = map[string]bool{}, m.recent
			}
			m.recent[id] = true
		}
		return nil
	}, false, nil
}
