export { formatDataTile, parseDataTile } from './data-tile.ts';
export { emptyTreeHash, formatHash, hashSize, nodeHash, parseHash, recordHash } from './hash.ts';
export {
  checkRecord,
  checkTree,
  type Proof,
  proveRecord,
  proveTree,
  type RecordClaim,
  type TreeClaim,
} from './proofs.ts';
export { formatRecord, isValidRecordText, type NumberedRecord, parseRecord } from './record-text.ts';
export { type SubtreePlace, splitStoredHashIndex, storedHashCount, storedHashIndex } from './stored-index.ts';
export { hashFromTile, newTiles, parseTilePath, readTileData, type Tile, tileForIndex, tilePath } from './tile.ts';
export { type TileReader, tileHashReader } from './tile-hash-reader.ts';
export { type HashReader, storedHashes, storedHashesForRecordHash, treeHash } from './tree.ts';
export { formatTree, parseTree, type Tree } from './tree-text.ts';
