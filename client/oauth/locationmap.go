package oauth

import (
	"slices"
	"sync"
	"time"
)

const (
	// unissuedTTL is how long a locationMap holds the value of a location without an issued token.
	unissuedTTL = time.Minute
	// maxUnissued is the maximum number of such values.
	maxUnissued = 1000
)

// locationMap holds one value for each location. The values of locations without an issued token
// are removed, because their IDs may not exist. The zero locationMap is empty.
type locationMap[V issuer] struct {
	mu       sync.Mutex
	values   map[string]V // by location ID
	unissued []unissued   // in the order in which they were added
}

// issuer is the value of a location.
type issuer interface {
	hasIssued() bool // whether the API has issued a token for the location
}

// unissued is a location whose value had not issued a token when it was added.
type unissued struct {
	id    string
	added time.Time
}

// get returns the value of the location id. If there is none, it adds the one that create returns.
func (m *locationMap[V]) get(id string, create func() (V, error)) (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value, ok := m.values[id]; ok {
		return value, nil
	}
	value, err := create()
	if err != nil {
		return value, err
	}
	m.removeUnissued()
	if m.values == nil {
		m.values = map[string]V{}
	}
	m.values[id] = value
	m.unissued = append(m.unissued, unissued{id, time.Now()})
	return value, nil
}

// removeUnissued removes the values without an issued token that are too old or too many.
func (m *locationMap[V]) removeUnissued() {
	m.unissued = slices.DeleteFunc(m.unissued, func(u unissued) bool { return m.values[u.id].hasIssued() })
	for len(m.unissued) > 0 && (len(m.unissued) >= maxUnissued || time.Since(m.unissued[0].added) >= unissuedTTL) {
		delete(m.values, m.unissued[0].id)
		m.unissued = m.unissued[1:]
	}
}
