package oauth

import "sync"

// changes are the credentials that this process has saved, deleted, or found to be refused. A source
// loads its credential again if that of its installation has changed.
var changes changeLog

// changeLog stores when the credential of each installation changed last, as a sequence number.
type changeLog struct {
	mu   sync.Mutex
	now  int
	last map[string]int // by company and location ID
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

// since reports whether the installation that credential belongs to has changed after a time.
func (c *changeLog) since(time int, credential Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[credential.CompanyID+"/"+credential.LocationID] > time
}
