import { library } from '../../tsup.base';

export default library({
  index: 'src/index.ts',
  gcs: 'src/gcs/index.ts',
  s3: 'src/s3/index.ts',
});
