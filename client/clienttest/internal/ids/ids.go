// Package ids generates IDs that look random and are the same in every run.
package ids

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// Source is a sequence of IDs, which depends only on the seed. It is safe for concurrent use.
type Source struct {
	Seed uint64

	count atomic.Uint64
}

func (s *Source) next() [sha256.Size]byte {
	var from [16]byte
	binary.BigEndian.PutUint64(from[:8], s.Seed)
	binary.BigEndian.PutUint64(from[8:], s.count.Add(1))
	return sha256.Sum256(from[:])
}

// ID returns 20 letters and digits, the form of the API's IDs.
func (s *Source) ID() string {
	id := s.next()
	for i, b := range id[:20] {
		id[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(id[:20])
}

// UUID returns a UUID, the form of trace IDs.
func (s *Source) UUID() string {
	id := s.next()
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
