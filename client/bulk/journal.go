package bulk

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
)

// Journal is a file that records which inputs of a run are done, for [WithJournal]. [OpenJournal]
// opens it; the zero Journal is not usable. It contains the keys of the inputs, but no values. It
// is safe for concurrent use. One Journal at a time can have the file open.
//
// Each line is a record, which consists of a sign and a quoted key: "?" for the intent to make a
// call, "+" for a call that is done, and "-" for a call that was not applied. The latest record of
// a key counts. [OpenJournal] removes an incomplete last line, which a killed process may leave.
type Journal struct {
	lock *flock.Flock

	mu     sync.Mutex
	file   *os.File
	states map[digest]state
	err    error // the first error, or errClosed; no record is written after it
}

// digest identifies a key. A million keys with their states need about 40 MB.
type digest [16]byte

// state is what the journal records about a key.
type state byte

const (
	stateNew    state = iota // no record, or a call that was not applied
	stateIntent              // an intent without a result
	stateDone
)

// The signs of the records.
const (
	signIntent     = '?'
	signDone       = '+'
	signNotApplied = '-'
)

// OpenJournal opens the journal at path, and creates it with permission 0600 if it does not exist.
// It also creates a lock file with the suffix ".lock" in the same directory. It returns an error if
// the journal is open already, or if the file is not a journal. The caller must call Close.
func OpenJournal(path string) (*Journal, error) {
	return openJournal(path, syncDirectory)
}

// openJournal is OpenJournal with a replaceable function that writes a directory to the disk.
func openJournal(path string, syncDirectory func(name string) error) (*Journal, error) {
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("bulk: OpenJournal: %w", err)
	}
	if !locked {
		return nil, errors.New("bulk: OpenJournal: the journal is already open in this process or another one")
	}
	j := &Journal{lock: lock, states: map[digest]state{}}
	if err := j.open(path, syncDirectory); err != nil {
		return nil, errors.Join(fmt.Errorf("bulk: OpenJournal: %w", err), lock.Unlock())
	}
	return j, nil
}

// open reads the records of the file at path, and opens it at the end of its last complete line.
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
	if _, err := file.Seek(int64(complete), io.SeekStart); err != nil {
		return errors.Join(err, file.Close())
	}
	// Without this, a crash of the machine could remove a new file with all its records.
	if err := syncDirectory(filepath.Dir(path)); err != nil {
		return errors.Join(err, file.Close())
	}
	j.file = file
	return nil
}

// replay sets the state of a key from a line of the file.
func (j *Journal) replay(line []byte) error {
	if len(line) < 2 {
		return errors.New("too short")
	}
	key, err := strconv.Unquote(string(line[1:]))
	if err != nil {
		return errors.New("no quoted key")
	}
	return j.set(line[0], key)
}

func (j *Journal) set(sign byte, key string) error {
	switch id := digestOf(key); sign {
	case signIntent:
		j.states[id] = stateIntent
	case signDone:
		j.states[id] = stateDone
	case signNotApplied:
		delete(j.states, id)
	default:
		return errors.New("unknown sign")
	}
	return nil
}

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

func (j *Journal) state(key string) state {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.states[digestOf(key)]
}

// failure returns the error that prevents further records, or nil.
func (j *Journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// record appends a record. If it returns nil for an intent, the intent is on the disk.
func (j *Journal) record(sign byte, key string) error {
	j.mu.Lock()
	if j.err == nil {
		j.err = j.append(sign, key)
	}
	err, file := j.err, j.file
	j.mu.Unlock()
	if err != nil || sign != signIntent {
		return err
	}
	if err := file.Sync(); err != nil { // without the mutex, so that results are recorded concurrently
		err = fmt.Errorf("bulk: Journal: %w", err)
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.err == nil {
			j.err = err
		}
		return err
	}
	return nil
}

func (j *Journal) append(sign byte, key string) error {
	line := append(strconv.AppendQuote([]byte{sign}, key), '\n')
	if _, err := j.file.Write(line); err != nil {
		return fmt.Errorf("bulk: Journal: %w", err)
	}
	return j.set(sign, key)
}

// errClosed is returned when a record is written after the journal has been closed.
var errClosed = errors.New("bulk: Journal: the journal is closed")

// Close writes the journal to the disk, closes it and releases its lock. It also returns the first
// error that occurred while a record was written. After the first call, Close does nothing and
// returns nil.
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
