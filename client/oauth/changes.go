package oauth

import "sync"

// changes records the credentials that this process has saved or deleted, or that the API refused
// for a location. A source loads its credential again if that of its installation has changed.
var changes changeLog

// changeLog stores when the credential of each installation changed last, as a sequence number.
type changeLog struct {
	mu   sync.Mutex
	now  int            // sequence number of the last change
	last map[string]int // sequence numbers by company and location ID
}

// add records a change of the installation that credential belongs to.
func (c *changeLog) add(credential Credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]int{}
	}
	c.now++
	c.last[credential.CompanyID+"/"+credential.LocationID] = c.now
}

// current returns the sequence number of the last change.
func (c *changeLog) current() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// since reports whether the installation that credential belongs to has changed after the change
// with the sequence number start.
func (c *changeLog) since(start int, credential Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[credential.CompanyID+"/"+credential.LocationID] > start
}
