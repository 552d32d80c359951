package bulk

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
)

// Journal is a file that records which inputs of a run are done, for [WithJournal]. It contains the
// keys of the inputs, but no values. It is safe for concurrent use. One process at a time can open
// it.
//
// Each record is one line, a sign and a quoted key: "?" for the intent to make a call, "+" for a
// call that is done, and "-" for a call that was not applied. OpenJournal removes an incomplete
// last line, which a killed process may leave.
type Journal struct {
	lock *flock.Flock

	mu     sync.Mutex
	file   *os.File
	states map[digest]state
	err    error // the first error; nothing is recorded after it
}

// digest identifies a key. The states of a million keys need about 40 MB.
type digest [16]byte

type state byte

const (
	stateNew state = iota
	stateIntent
	stateDone
)

const (
	recordIntent = '?'
	recordDone   = '+'
	recordFailed = '-'
)

// OpenJournal opens the journal at path, and creates it if it does not exist. The caller must close
// it. OpenJournal also creates a lock file with the suffix ".lock" in the same directory.
func OpenJournal(path string) (*Journal, error) {
	return openJournal(path, syncDirectory)
}

// openJournal is OpenJournal with the function that writes a directory to the disk.
func openJournal(path string, syncDirectory func(name string) error) (*Journal, error) {
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("bulk: OpenJournal: %w", err)
	}
	if !locked {
		return nil, errors.New("bulk: OpenJournal: the journal is open already, in this process or another one")
	}
	j := &Journal{lock: lock, states: map[digest]state{}}
	if err := j.open(path, syncDirectory); err != nil {
		return nil, errors.Join(fmt.Errorf("bulk: OpenJournal: %w", err), lock.Unlock())
	}
	return j, nil
}

func (j *Journal) open(path string, syncDirectory func(name string) error) error {
	data, err := os.ReadFile(path) //nolint:gosec // the path is the caller's
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	complete := bytes.LastIndexByte(data, '\n') + 1
	number := 0
	for line := range bytes.Lines(data[:complete]) {
		number++
		if err := j.replay(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return fmt.Errorf("line %d: %w: is the file a journal?", number, err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the path is the caller's
	if err != nil {
		return err
	}
	if err := file.Truncate(int64(complete)); err != nil {
		return errors.Join(err, file.Close())
	}
	if _, err := file.Seek(int64(complete), 0); err != nil {
		return errors.Join(err, file.Close())
	}
	// Without this, a crash of the machine could remove a new file with all its records.
	if err := syncDirectory(filepath.Dir(path)); err != nil {
		return errors.Join(err, file.Close())
	}
	j.file = file
	return nil
}

func (j *Journal) replay(line []byte) error {
	if len(line) < 2 {
		return errors.New("too short")
	}
	name, err := strconv.Unquote(string(line[1:]))
	if err != nil {
		return errors.New("no quoted key")
	}
	return j.set(line[0], name)
}

func (j *Journal) set(kind byte, name string) error {
	switch id := digestOf(name); kind {
	case recordIntent:
		j.states[id] = stateIntent
	case recordDone:
		j.states[id] = stateDone
	case recordFailed:
		delete(j.states, id)
	default:
		return errors.New("unknown sign")
	}
	return nil
}

func digestOf(name string) digest {
	sum := sha256.Sum256([]byte(name))
	return digest(sum[:16])
}

func (j *Journal) state(name string) state {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.states[digestOf(name)]
}

// failure returns the first error of the journal.
func (j *Journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// record appends a record. An intent is on the disk when record returns.
func (j *Journal) record(kind byte, name string) error {
	j.mu.Lock()
	if j.err == nil {
		j.err = j.append(kind, name)
	}
	err, file := j.err, j.file
	j.mu.Unlock()
	if err != nil || kind != recordIntent {
		return err
	}
	if err := file.Sync(); err != nil { // without the mutex, so that results are recorded concurrently
		j.mu.Lock()
		defer j.mu.Unlock()
		j.err = fmt.Errorf("bulk: Journal: %w", err)
		return j.err
	}
	return nil
}

func (j *Journal) append(kind byte, name string) error {
	line := append(strconv.AppendQuote([]byte{kind}, name), '\n')
	if _, err := j.file.Write(line); err != nil {
		return fmt.Errorf("bulk: Journal: %w", err)
	}
	return j.set(kind, name)
}

// errClosed is the error of a journal that has been closed.
var errClosed = errors.New("bulk: Journal: the journal is closed")

// Close writes the journal to the disk and closes it. It returns the first error that occurred
// while the journal was written. Further calls do nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if errors.Is(j.err, errClosed) {
		return nil
	}
	err := errors.Join(j.err, j.file.Sync(), j.file.Close(), j.lock.Unlock())
	j.err = errClosed
	return err
}

// syncDirectory writes the names of the files in a directory to the disk. Windows does not support
// this.
func syncDirectory(name string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(name) //nolint:gosec // the directory of the caller's path
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, directory.Close()) }()
	return directory.Sync()
}
