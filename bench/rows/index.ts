// All rows, in the order they run. A new row is a file here and a line in this list.

import type { Row } from '../harness/row.ts';
import { adapterRow } from './adapters.ts';
import { auditRow } from './audit.ts';
import { bucketRequests } from './bucket-requests.ts';
import { bucketCalls } from './buckets.ts';
import { buildList } from './build-list.ts';
import { capture } from './capture.ts';
import { coldInfo } from './cold-info.ts';
import { gitMemory, gitModule, gitTags } from './git.ts';
import { indexPage } from './index-page.ts';
import { memory500mb } from './memory.ts';
import { storagePut } from './storage-put.ts';
import { sumdbProxied, sumdbVerify } from './sumdb.ts';
import { sumdbAppend, sumdbLookup } from './sumdb-log.ts';
import { warmInfo, warmMod, warmZips } from './warm.ts';
import { warmLatency } from './warm-latency.ts';
import { zipBuild, zipHash } from './zips.ts';

/** Every row. */
export const rows: readonly Row[] = [
  warmInfo,
  warmMod,
  warmZips,
  adapterRow,
  coldInfo,
  capture,
  buildList,
  auditRow,
  warmLatency,
  zipBuild,
  zipHash,
  indexPage,
  storagePut,
  ...bucketCalls,
  bucketRequests,
  gitModule,
  gitTags,
  gitMemory,
  sumdbAppend,
  sumdbLookup,
  sumdbProxied,
  sumdbVerify,
  memory500mb,
];
